#include <mote/jetstream/context.hpp>
#include <mote/jetstream/ordered_consumer.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <mote/jetstream/rfc3339.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>
#include <tests/jetstream/patience.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::contains;
using test::failure_of;
using test::nats_server;
using test::server_at_least;

/// What streams and consumers are there, and all that is told of one.
class live_listing : public test::live_test {};

stream_config numbered(int number) {
    stream_config config;
    config.name = "S" + std::to_string(number);
    config.subjects = {"s." + std::to_string(number) + ".>"};
    config.storage = storage_type::memory;
    return config;
}

TEST_F(live_listing, has_streams_of_more_than_a_page) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        constexpr int count = 300;  // a page has 256
        for (int i = 0; i < count; ++i) co_await js.create_stream(numbered(i));
        const auto streams = co_await js.streams();
        std::set<std::string> names;
        for (const auto& each : streams) names.insert(each.config.name);
        EXPECT_EQ(streams.size(), 300u);
        EXPECT_EQ(names.size(), 300u);
        const auto one = co_await js.streams("s.7.x");
        EXPECT_EQ(one.size(), 1u);
        EXPECT_TRUE(one.size() == 1 && one.front().config.subjects == numbered(7).subjects);
        EXPECT_EQ(co_await js.stream_name_by_subject("s.299.a.b"), "S299");
        const auto none = co_await failure_of(js.stream_name_by_subject("t.1"));
        EXPECT_EQ(none.code, errc::stream_not_found);
        EXPECT_TRUE(contains(none.text, "none keeps t.1")) << none.text;
        EXPECT_EQ(test::failure_at_once([&] { (void)js.stream_name_by_subject(""); }).code, errc::bad_config);
    });
}

TEST_F(live_listing, has_the_consumers_of_a_stream) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        EXPECT_TRUE((co_await js.consumers("ORDERS")).empty());
        consumer_config config;
        for (const std::string each : {"a", "b"}) {
            config.name = each;
            config.filter_subjects = {"orders." + each};
            co_await js.create_or_update_consumer("ORDERS", config);
        }
        auto found = co_await js.consumers("ORDERS");
        std::sort(found.begin(), found.end(),
                  [](const auto& left, const auto& right) { return left.name < right.name; });
        EXPECT_EQ(found.size(), 2u);
        if (found.size() != 2) co_return;
        EXPECT_EQ(found[0].name, "a");
        EXPECT_EQ(found[1].config.filter_subjects, std::vector<std::string>{"orders.b"});
        EXPECT_EQ((co_await failure_of(js.consumers("NONE"))).code, errc::stream_not_found);
    });
}

TEST_F(live_listing, has_consumers_of_more_than_a_page) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        constexpr int count = 300;  // a page has 256
        consumer_config config;
        config.memory_storage = true;
        for (int i = 0; i < count; ++i) {
            config.name = "c" + std::to_string(i);
            co_await js.create_or_update_consumer("ORDERS", config);
        }
        const auto consumers = co_await js.consumers("ORDERS");
        std::set<std::string> names;
        for (const auto& each : consumers) names.insert(each.name);
        EXPECT_EQ(consumers.size(), 300u);
        EXPECT_EQ(names.size(), 300u);
    });
}

TEST_F(live_listing, of_a_stream_tells_its_subjects_and_gaps_when_asked) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        const auto before = std::chrono::system_clock::now();
        const auto empty = (co_await js.create_stream(direct_orders())).state;
        EXPECT_FALSE(empty.first_time);
        for (const std::string each : {"a", "b", "a", "c", "a"}) co_await js.publish("orders." + each, each);
        co_await js.delete_message("ORDERS", 2);
        co_await js.delete_message("ORDERS", 3);
        const auto plain = (co_await js.stream("ORDERS")).state;
        EXPECT_EQ(plain.deleted, 2u);
        EXPECT_TRUE(plain.deleted_sequences.empty());
        EXPECT_TRUE(plain.subject_counts.empty());
        EXPECT_TRUE(plain.first_time && *plain.first_time > before - 1h && plain.last_time >= plain.first_time);
        stream_details wanted;
        wanted.deleted = true;
        wanted.subjects_filter = ">";
        const auto told = (co_await js.stream("ORDERS", wanted)).state;
        EXPECT_EQ(told.deleted_sequences, (std::vector<std::uint64_t>{2, 3}));
        const std::map<std::string, std::uint64_t> counts{{"orders.a", 2}, {"orders.c", 1}};
        EXPECT_EQ(told.subject_counts, counts);
        wanted.subjects_filter = "orders.c";
        EXPECT_EQ((co_await js.stream("ORDERS", wanted)).state.subject_counts.size(), 1u);
        EXPECT_EQ((co_await failure_of(js.stream("NONE", wanted))).code, errc::stream_not_found);
    });
}

/// Answers for a stream with three subjects, one a page.
void answer_in_pages(const nats::connection& server, const nats::message_view& request, int& asked) {
    const auto payload = std::string(request.payload);
    const auto offset = payload.substr(payload.find("\"offset\":") + 9, 1);
    ++asked;
    server.respond(request, R"({"total":3,"limit":1,"config":{"name":"S"},"state":{"messages":9,"subjects":{"s.)" +
                                offset + R"(":)" + offset + "}}}");
}

TEST_F(live_listing, asks_for_all_pages_of_subjects) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        int asked = 0;
        const auto subscription = js.connection().subscribe(
            "fake.STREAM.INFO.S",
            [nc = js.connection(), &asked](const nats::message_view& each) { answer_in_pages(nc, each, asked); });
        context_options opts;
        opts.api_prefix = "fake";
        const context fake(js.connection(), opts);
        stream_details wanted;
        wanted.subjects_filter = ">";
        const auto info = co_await fake.stream("S", wanted);
        const std::map<std::string, std::uint64_t> counts{{"s.0", 0}, {"s.1", 1}, {"s.2", 2}};
        EXPECT_EQ(info.state.subject_counts, counts);
        EXPECT_EQ(info.state.messages, 9u);
        EXPECT_EQ(asked, 3);
    });
}

TEST_F(live_listing, tells_how_far_a_mirror_is) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        co_await js.publish("orders.a", "1");
        stream_config config;
        config.name = "MIRROR";
        config.mirror.emplace();
        config.mirror->name = "ORDERS";
        co_await js.create_stream(config);
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto info = co_await js.stream("MIRROR");
        while (info.state.messages == 0 && std::chrono::steady_clock::now() < deadline)
            info = co_await js.stream("MIRROR");
        EXPECT_TRUE(info.mirror && info.mirror->name == "ORDERS" && info.mirror->error.empty());
        EXPECT_TRUE(info.mirror && info.mirror->active) << "something came";
        EXPECT_TRUE(info.mirror && info.mirror->lag == 0u);
    });
}

class live_pause : public test::live_test {};

TEST_F(live_pause, holds_a_consumer_back_until_it_is_resumed) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        consumer_config config;
        config.name = "workers";
        co_await js.create_or_update_consumer("ORDERS", config);
        const auto until = std::chrono::system_clock::now() + 1h;
        if (!server_at_least(js, 2, 11)) {
            const auto refused = test::failure_at_once([&] { (void)js.pause_consumer("ORDERS", "workers", until); });
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "pausing a consumer needs nats-server 2.11")) << refused.text;
            const auto also = test::failure_at_once([&] { (void)js.resume_consumer("ORDERS", "workers"); });
            EXPECT_EQ(also.code, errc::not_supported);
            co_return;
        }
        const auto paused = co_await js.pause_consumer("ORDERS", "workers", until);
        EXPECT_TRUE(paused.paused);
        EXPECT_GT(paused.remaining, 30min);
        const auto info = co_await js.consumer("ORDERS", "workers");
        EXPECT_TRUE(info.pause.paused);
        EXPECT_EQ(from_rfc3339(info.config.pause_until), until);
        co_await js.resume_consumer("ORDERS", "workers");
        EXPECT_FALSE((co_await js.consumer("ORDERS", "workers")).pause.paused);
        const auto past = co_await js.pause_consumer("ORDERS", "workers", until - 2h);
        EXPECT_FALSE(past.paused);
        const auto nobody = co_await failure_of(js.pause_consumer("ORDERS", "nobody", until));
        EXPECT_EQ(nobody.code, errc::consumer_not_found) << nobody.text;
    });
}

TEST_F(live_pause, holds_messages_back_from_who_pulls_meanwhile) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        if (!server_at_least(js, 2, 11)) co_return;
        co_await js.create_stream(direct_orders());
        consumer_config config;
        config.name = "workers";
        const auto made = co_await js.create_or_update_consumer("ORDERS", config);
        pull_options opts;
        opts.expires = 2s;  // it asks again while the consumer is paused
        opts.idle_heartbeat = 500ms;
        pull_consumer workers(js, made, opts);
        EXPECT_FALSE(co_await workers.next(1ms));  // it has asked before the pause
        co_await js.pause_consumer("ORDERS", "workers", std::chrono::system_clock::now() + 1h);
        co_await js.publish("orders.a", "1");
        EXPECT_FALSE(co_await workers.next(3s));
        EXPECT_EQ(workers.stats().received, 0u);
        EXPECT_EQ(workers.stats().troubles, 0u);
        EXPECT_EQ((co_await js.consumer("ORDERS", "workers")).pending, 1u);
        co_await js.resume_consumer("ORDERS", "workers");
        const auto message = co_await workers.next(patience);
        EXPECT_TRUE(message && message->payload() == "1");
        EXPECT_EQ(workers.stats().troubles, 0u);
    });
}

TEST_F(live_pause, may_begin_with_the_consumer) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        consumer_config config;
        config.name = "workers";
        config.pause_until = "tomorrow";
        EXPECT_EQ(test::failure_at_once([&] { (void)js.create_or_update_consumer("ORDERS", config); }).code,
                  errc::bad_config);
        config.pause_until = "2200-01-01T00:00:00Z";
        if (!server_at_least(js, 2, 11)) {
            EXPECT_EQ(test::failure_at_once([&] { (void)js.create_or_update_consumer("ORDERS", config); }).code,
                      errc::not_supported);
            co_return;
        }
        EXPECT_TRUE((co_await js.create_or_update_consumer("ORDERS", config)).pause.paused);
        config.pause_until.clear();
        config.description = "another";
        const auto updated = co_await js.create_or_update_consumer("ORDERS", config);
        EXPECT_TRUE(updated.pause.paused);
        EXPECT_EQ(updated.config.description, "another");
    });
}

TEST_F(live_pause, of_a_consumer_that_is_there_follows_its_configuration) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        if (!server_at_least(js, 2, 11)) co_return;
        co_await js.create_stream(direct_orders());
        consumer_config config;
        config.name = "workers";
        config.pause_until = "2200-01-01T00:00:00Z";
        EXPECT_TRUE((co_await js.create_or_update_consumer("ORDERS", config)).pause.paused);
        co_await js.resume_consumer("ORDERS", "workers");
        const auto again = co_await js.create_or_update_consumer("ORDERS", config);
        EXPECT_TRUE(again.pause.paused);
        EXPECT_EQ(again.config.pause_until, config.pause_until);
        config.pause_until = "2020-01-01T00:00:00Z";
        for (int times = 0; times < 2; ++times)
            EXPECT_FALSE((co_await js.create_or_update_consumer("ORDERS", config)).pause.paused);
        config.pause_until = "2200-01-01T00:00:00Z";
        EXPECT_TRUE((co_await js.update_consumer("ORDERS", config)).pause.paused);
    });
}

class live_consumer_config : public test::live_test {};

TEST_F(live_consumer_config, has_a_replay_policy_a_sample_and_bytes) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        consumer_config config;
        config.name = "workers";
        config.replay = replay_policy::original;
        config.sample_percent = 30;
        config.max_bytes = 4096;
        const auto made = (co_await js.create_or_update_consumer("ORDERS", config)).config;
        EXPECT_EQ(made.replay, replay_policy::original);
        EXPECT_EQ(made.sample_percent, 30);
        EXPECT_EQ(made.max_bytes, 4096);
        config.sample_percent = 101;
        EXPECT_EQ(test::failure_at_once([&] { (void)js.create_or_update_consumer("ORDERS", config); }).code,
                  errc::bad_config);
        config.sample_percent = 30;
        config.name = "limited";
        config.rate_limit = 8000;
        const auto refused = co_await failure_of(js.create_or_update_consumer("ORDERS", config));
        EXPECT_TRUE(contains(refused.text, "pull mode can not have rate limit")) << refused.text;
    });
}

TEST_F(live_consumer_config, may_deliver_by_itself) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        co_await js.publish("orders.a", "1");
        auto inbox = js.connection().subscribe("to.here");
        consumer_config config;
        config.name = "pusher";
        config.deliver_subject = "to.here";
        config.rate_limit = 1'000'000'000;
        config.idle_heartbeat = 5s;
        config.flow_control = true;
        const auto made = co_await js.create_or_update_consumer("ORDERS", config);
        EXPECT_TRUE(made.push);
        EXPECT_EQ(made.config.rate_limit, 1'000'000'000u);
        const auto message = co_await inbox.next(patience);
        EXPECT_TRUE(message && message->payload() == "1");
        if (message) js.connection().respond(message->view(), "+ACK");
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto info = co_await js.consumer("ORDERS", "pusher");
        while (info.ack_floor.stream_sequence == 0 && std::chrono::steady_clock::now() < deadline)
            info = co_await js.consumer("ORDERS", "pusher");
        EXPECT_EQ(info.ack_floor.stream_sequence, 1u);
        EXPECT_TRUE(info.push_bound);
    });
}

TEST_F(live_consumer_config, of_an_ordered_consumer_may_start_at_a_time) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        co_await js.publish("orders.a", "1");
        co_await js.publish("orders.a", "2");
        const auto second = co_await js.message("ORDERS", 2);
        EXPECT_TRUE(second);
        if (!second) co_return;
        ordered_consumer_options opts;
        opts.deliver = deliver_policy::by_start_time;
        opts.start_time = "yesterday";
        EXPECT_EQ(test::failure_at_once([&] { (void)ordered_consumer::create(js, "ORDERS", opts); }).code,
                  errc::bad_config);
        opts.start_time = to_rfc3339(second->time);
        auto consumer = co_await ordered_consumer::create(js, "ORDERS", opts);
        const auto message = co_await consumer.next(patience);
        EXPECT_TRUE(message && message->message.payload() == "2");
        EXPECT_TRUE(consumer.caught_up());
    });
}

TEST(rfc3339, is_written_as_it_is_read) {
    const auto* const text = "2026-11-24T00:13:09.000000123Z";
    const auto time = from_rfc3339(text);
    ASSERT_TRUE(time);
    EXPECT_EQ(to_rfc3339(*time), text);
    EXPECT_EQ(to_rfc3339({}), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(to_rfc3339(std::chrono::system_clock::time_point(-1ns)), "1969-12-31T23:59:59.999999999Z");
    EXPECT_FALSE(from_rfc3339("0001-01-01T00:00:00Z"));
    EXPECT_FALSE(from_rfc3339("yesterday"));
}

}  // namespace
}  // namespace mote::jetstream
