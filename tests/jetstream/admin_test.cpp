#include <mote/jetstream/context.hpp>

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

/// Making what must be new, changing what must be there, and single messages.
class live_admin : public test::live_test {};

consumer_config described(std::string text) {
    consumer_config config;
    config.name = "workers";
    config.description = std::move(text);
    return config;
}

TEST_F(live_admin, makes_a_stream_or_updates_it) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        EXPECT_EQ((co_await js.create_or_update_stream(config)).config.max_messages, -1);
        config.max_messages = 7;
        EXPECT_EQ((co_await js.create_or_update_stream(config)).config.max_messages, 7);
        config.storage = storage_type::memory;
        const auto refused = co_await failure_of(js.create_or_update_stream(config));
        EXPECT_TRUE(contains(refused.text, "can not change storage type")) << refused.text;
    });
}

TEST_F(live_admin, finds_or_makes_a_stream_where_it_may_be_there_or_not) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        const auto absent = co_await js.find_stream("ORDERS");
        EXPECT_FALSE(absent);
        const auto made = co_await js.try_create_stream(orders());
        EXPECT_TRUE(made);
        const auto same = co_await js.try_create_stream(orders());
        EXPECT_TRUE(same);
        auto other = orders();
        other.max_messages = 5;
        const auto refused = co_await js.try_create_stream(other);
        EXPECT_FALSE(refused);
        const auto found = co_await js.find_stream("ORDERS");
        EXPECT_TRUE(found);
        EXPECT_NE(found.value_or(stream_info()).config.max_messages, 5);
        other.name = "OTHER";
        const auto overlaps = co_await failure_of(js.try_create_stream(other));
        EXPECT_TRUE(contains(overlaps.text, "err_code 10065")) << overlaps.text;
    });
}

TEST_F(live_admin, makes_a_consumer_that_must_be_new) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        EXPECT_EQ((co_await js.create_consumer("ORDERS", described("a"))).config.description, "a");
        EXPECT_EQ((co_await js.create_consumer("ORDERS", described("a"))).config.description, "a") << "the same";
        const auto refused = co_await failure_of(js.create_consumer("ORDERS", described("b")));
        EXPECT_EQ(refused.code, errc::consumer_exists) << refused.text;
        EXPECT_EQ((co_await js.consumer("ORDERS", "workers")).config.description, "a");
        EXPECT_EQ((co_await failure_of(js.create_consumer("NONE", described("a")))).code, errc::stream_not_found);
    });
}

TEST_F(live_admin, updates_a_consumer_that_must_be_there) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        const auto refused = co_await failure_of(js.update_consumer("ORDERS", described("a")));
        EXPECT_EQ(refused.code, errc::consumer_not_found) << refused.text;
        EXPECT_TRUE((co_await js.consumer_names("ORDERS")).empty());
        co_await js.create_consumer("ORDERS", described("a"));
        EXPECT_EQ((co_await js.update_consumer("ORDERS", described("b"))).config.description, "b");
    });
}

TEST_F(live_admin, reads_the_next_message_of_a_subject) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        for (const bool direct : {true, false}) {
            auto config = orders();
            config.allow_direct = direct;
            co_await js.create_stream(config);
            for (const std::string each : {"a", "b", "a", "b"}) co_await js.publish("orders." + each, each);
            const auto third = co_await js.next_message("ORDERS", "orders.a", 2);
            EXPECT_TRUE(third && third->sequence == 3u && third->message.payload() == "a");
            const auto second = co_await js.next_message("ORDERS", "orders.*", 2);
            EXPECT_TRUE(second && second->sequence == 2u);
            const auto first = co_await js.next_message("ORDERS", "orders.a", 0);
            EXPECT_TRUE(first && first->sequence == 1u);
            EXPECT_FALSE(co_await js.next_message("ORDERS", "orders.a", 4));
            EXPECT_FALSE(co_await js.next_message("ORDERS", "orders.none", 1));
            co_await js.delete_stream("ORDERS");
        }
        EXPECT_EQ(test::failure_at_once([&] { (void)js.next_message("ORDERS", "", 1); }).code, nats::errc::bad_subject);
    });
}

TEST_F(live_admin, erases_a_message) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        for (const std::string each : {"1", "2"}) co_await js.publish("orders.a", each);
        auto requests = js.connection().subscribe("$JS.API.STREAM.MSG.DELETE.ORDERS");
        EXPECT_TRUE(co_await js.erase_message("ORDERS", 1));
        const auto request = co_await requests.next(patience);
        EXPECT_TRUE(request && !contains(std::string(request->payload()), "no_erase"));
        EXPECT_FALSE(co_await js.erase_message("ORDERS", 1));
        EXPECT_FALSE(co_await js.erase_message("ORDERS", 0));
        EXPECT_FALSE(co_await js.message("ORDERS", 1));
    });
}

TEST_F(live_admin, resets_a_consumer_since_2_14) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        for (int i = 0; i < 5; ++i) co_await js.publish("orders.a", "x");
        co_await js.create_consumer("ORDERS", described("a"));
        if (!server_at_least(js, 2, 14)) {
            const auto refused = test::failure_at_once([&] { (void)js.reset_consumer("ORDERS", "workers"); });
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "needs nats-server 2.14")) << refused.text;
            co_return;
        }
        EXPECT_EQ(co_await js.reset_consumer("ORDERS", "workers", 4), 4u);
        EXPECT_EQ((co_await js.consumer("ORDERS", "workers")).pending, 2u);
        EXPECT_EQ(co_await js.reset_consumer("ORDERS", "workers"), 4u) << "what is before counts as settled";
        const auto none = co_await failure_of(js.reset_consumer("ORDERS", "nobody"));
        EXPECT_EQ(none.code, errc::consumer_not_found) << none.text;
    });
}

TEST_F(live_admin, sources_through_a_consumer_since_2_14) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        co_await js.publish("orders.a", "1");
        stream_config copy;
        copy.name = "COPY";
        copy.sources.resize(1);
        copy.sources[0].name = "ORDERS";
        copy.sources[0].consumer = "mover";
        copy.sources[0].consumer_subject = "moved";
        if (!server_at_least(js, 2, 14)) {
            const auto refused = co_await failure_of(js.create_stream(copy));
            EXPECT_EQ(refused.code, errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "a consumer of a source needs nats-server 2.14")) << refused.text;
            co_return;
        }
        EXPECT_EQ((co_await js.create_stream(copy)).config.sources, copy.sources);
    });
}

}  // namespace
}  // namespace mote::jetstream
