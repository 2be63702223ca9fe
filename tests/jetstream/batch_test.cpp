#include <mote/jetstream/batch.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>
#include <tests/jetstream/patience.hpp>

#include <optional>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::server_at_least;

/// Publishing what came with nats-server 2.12.
class live_batch : public test::live_test {
protected:
    /// With the stream ORDERS that `set` may change, where the server is new enough.
    template <class Body>
    void with_new_orders(void (*set)(stream_config&), Body body) {
        with_jetstream(
            [set, body](nats_server&, context js) -> awaitable<void> { return prepared(std::move(js), set, body); });
    }

private:
    template <class Body>
    static awaitable<void> prepared(context js, void (*set)(stream_config&), Body body) {
        if (!server_at_least(js, 2, 12)) co_return;  // the tests of live_old_batch have what it says
        auto config = direct_orders();
        set(config);
        co_await js.create_stream(config);
        co_await body(js);
    }
};

void atomic(stream_config& config) { config.allow_atomic_publish = true; }
void counting(stream_config& config) { config.allow_message_counter = true; }
void scheduling(stream_config& config) { config.allow_message_schedules = true; }

TEST_F(live_batch, is_stored_as_one) {
    with_new_orders(atomic, [](context js) -> awaitable<void> {
        batch order(js);
        co_await order.add("orders.7", "tea");
        co_await order.add("orders.7.paid", "3");
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 0u);
        const auto ack = co_await order.commit("orders.7.sent", "");
        EXPECT_EQ(ack.stream, "ORDERS");
        EXPECT_EQ(ack.sequence, 3u);
        EXPECT_EQ(ack.batch, order.id());
        EXPECT_EQ(ack.batch_size, 3u);
        EXPECT_EQ(order.size(), 3u);
        const auto second = co_await js.message("ORDERS", 2);
        EXPECT_TRUE(second && second->message.payload() == "3");
        EXPECT_EQ(test::failure_at_once([&] { (void)order.add("orders.7", "more"); }).code, errc::bad_config);
    });
}

TEST_F(live_batch, may_have_as_many_messages_as_the_server_takes) {
    with_new_orders(atomic, [](context js) -> awaitable<void> {
        batch large(js, "large");
        for (int i = 1; i < 1000; ++i) co_await large.add("orders.new", std::to_string(i));
        const auto ack = co_await large.commit("orders.new", "1000");
        EXPECT_EQ(ack.batch, "large");
        EXPECT_EQ(ack.batch_size, 1000u);
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 1000u);
        batch larger(js);
        for (int i = 1; i <= 1000; ++i) co_await larger.add("orders.new", std::to_string(i));
        const auto refused = co_await failure_of(larger.commit("orders.new", "1001"));
        EXPECT_TRUE(refused.code) << refused.text;
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 1000u);
    });
}

TEST_F(live_batch, is_not_stored_when_one_message_expects_in_vain) {
    with_new_orders(atomic, [](context js) -> awaitable<void> {
        co_await js.publish("orders.7", "first");
        batch order(js);
        publish_options opts;
        opts.expected_last_subject_sequence = 9;
        co_await order.add("orders.8", "tea");
        co_await order.add("orders.7", "cake", opts);
        const auto refused = co_await failure_of(order.commit("orders.7.sent", ""));
        EXPECT_EQ(refused.code, errc::wrong_last_sequence) << refused.text;
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 1u);
    });
}

TEST_F(live_batch, needs_a_stream_that_allows_it) {
    with_new_orders(
        [](stream_config&) {},
        [](context js) -> awaitable<void> {
            batch order(js);
            const auto refused = co_await failure_of(order.add("orders.7", "tea"));
            EXPECT_EQ(refused.code, errc::not_allowed) << refused.text;
            EXPECT_TRUE(contains(refused.text, "atomic publish is disabled")) << refused.text;
            EXPECT_EQ(test::failure_at_once([&] { (void)order.commit("orders.7", ""); }).code, errc::bad_config);
            batch nowhere(js);
            EXPECT_EQ((co_await failure_of(nowhere.add("nobody.here", "tea"))).code, errc::no_stream_response);
        });
}

TEST_F(live_batch, that_the_server_does_not_know_any_more_is_incomplete) {
    with_new_orders(atomic, [](context js) -> awaitable<void> {
        batch order(js, "x");
        co_await order.add("orders.7", "tea");
        batch same(js, "x");  // two that begin with this id are none
        (void)co_await failure_of(same.add("orders.8", "tea"));
        const auto refused = co_await failure_of(order.commit("orders.7", "cake"));
        EXPECT_EQ(refused.code, errc::batch_incomplete) << refused.text;
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 0u);
    });
}

TEST_F(live_batch, counters_add_up) {
    with_new_orders(counting, [](context js) -> awaitable<void> {
        publish_options opts;
        opts.counter_increment = "+5";
        EXPECT_EQ((co_await js.publish("orders.count", "", opts)).value, "5");
        opts.counter_increment = "-7";
        EXPECT_EQ((co_await js.publish("orders.count", "", opts)).value, "-2");
        opts.counter_increment = "+100000000000000000000";
        EXPECT_EQ((co_await js.publish("orders.count", "", opts)).value, "99999999999999999998");
        for (const auto* const wrong : {"5", "+", "+1x", "--1"}) {
            opts.counter_increment = wrong;
            EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.count", "", opts); }).code, errc::bad_config)
                << wrong;
        }
    });
}

TEST_F(live_batch, schedules_publish_later) {
    with_new_orders(scheduling, [](context js) -> awaitable<void> {
        publish_options opts;
        opts.schedule.emplace();
        opts.schedule->when = "@at 2026-01-01T00:00:00Z";  // has passed
        opts.schedule->target = "orders.due";
        co_await js.publish("orders.schedule", "tea", opts);
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto due = co_await js.last_message("ORDERS", "orders.due");
        while (!due && std::chrono::steady_clock::now() < deadline)
            due = co_await js.last_message("ORDERS", "orders.due");
        EXPECT_TRUE(due && due->message.payload() == "tea");
        opts.schedule->when = "whenever";
        const auto refused = co_await failure_of(js.publish("orders.schedule", "tea", opts));
        EXPECT_TRUE(contains(refused.text, "pattern is invalid")) << refused.text;
        opts.schedule->target.clear();
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.schedule", "tea", opts); }).code,
                  errc::bad_config);
    });
}

TEST_F(live_batch, counters_and_schedules_need_a_stream_that_allows_them) {
    with_new_orders([](stream_config&) {},
                    [](context js) -> awaitable<void> {
                        publish_options opts;
                        opts.counter_increment = "+5";
                        EXPECT_EQ((co_await failure_of(js.publish("orders.count", "", opts))).code, errc::not_allowed);
                        publish_options later;
                        later.schedule.emplace();
                        later.schedule->when = "@at 2100-01-01T00:00:00Z";
                        later.schedule->target = "orders.due";
                        EXPECT_EQ((co_await failure_of(js.publish("orders.schedule", "", later))).code,
                                  errc::not_allowed);
                    });
}

/// The same on servers that are too old.
class live_old_batch : public test::live_test {};

TEST_F(live_old_batch, is_refused_before_2_12) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        EXPECT_EQ(test::failure_at_once([&] { batch named(js, std::string(65, 'x')); }).code, errc::bad_config);
        if (server_at_least(js, 2, 12)) co_return;
        co_await js.create_stream(direct_orders());
        const auto refused = test::failure_at_once([&] { batch order(js); });
        EXPECT_EQ(refused.code, errc::not_supported);
        EXPECT_TRUE(contains(refused.text, "an atomic batch needs nats-server 2.12")) << refused.text;
        publish_options count;
        count.counter_increment = "+1";
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.a", "", count); }).code, errc::not_supported);
        publish_options later;
        later.schedule.emplace();
        later.schedule->when = "@every 1s";
        later.schedule->target = "orders.b";
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.a", "", later); }).code, errc::not_supported);
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 0u);
    });
}

TEST_F(live_old_batch, of_another_subjects_sequence_is_of_2_11) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        co_await js.publish("orders.a", "1");
        publish_options opts;
        opts.expected_last_subject = "orders.a";
        EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.b", "2", opts); }).code, errc::bad_config);
        opts.expected_last_subject_sequence = 9;
        if (!server_at_least(js, 2, 11)) {
            EXPECT_EQ(test::failure_at_once([&] { (void)js.publish("orders.b", "2", opts); }).code,
                      errc::not_supported);
            co_return;
        }
        EXPECT_EQ((co_await failure_of(js.publish("orders.b", "2", opts))).code, errc::wrong_last_sequence);
        opts.expected_last_subject_sequence = 1;
        EXPECT_EQ((co_await js.publish("orders.b", "2", opts)).sequence, 2u);
    });
}

}  // namespace
}  // namespace mote::jetstream
