#include <mote/jetstream/context.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>

namespace mote::jetstream {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::nats_server;

class live_stored_messages : public test::live_test {};

TEST_F(live_stored_messages, reads_messages_directly) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = orders();
        config.allow_direct = true;
        co_await js.create_stream(config);
        publish_options opts;
        opts.headers.add("Trace", "a").add("Trace", "b");
        co_await js.publish("orders.a", std::string("\0\r\n\xff", 4), opts);
        co_await js.publish("orders.b", "second");
        co_await js.publish("orders.a", "");
        const auto first = co_await js.message("ORDERS", 1);
        const auto last = co_await js.last_message("ORDERS", "orders.a");
        if (!first || !last) {
            ADD_FAILURE() << "not found";
            co_return;
        }
        EXPECT_EQ(first->subject, "orders.a");
        EXPECT_EQ(first->sequence, 1u);
        EXPECT_EQ(first->message.payload(), std::string_view("\0\r\n\xff", 4));
        EXPECT_EQ(first->message.headers().get_all("Trace").size(), 2u);
        EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - first->time), 1min);
        EXPECT_EQ(last->sequence, 3u);
        EXPECT_EQ(last->message.payload(), "");
        EXPECT_FALSE(co_await js.message("ORDERS", 9));
        EXPECT_FALSE(co_await js.message("ORDERS", 0));
        EXPECT_FALSE(co_await js.message("ORDERS", UINT64_MAX));
        EXPECT_FALSE(co_await js.last_message("ORDERS", "orders.c"));
        EXPECT_EQ(test::failure_at_once([&] { (void)js.last_message("ORDERS", ""); }).code, nats::errc::bad_subject);
        EXPECT_EQ(test::failure_at_once([&] { (void)js.last_message("ORDERS", "a b"); }).code, nats::errc::bad_subject);
    });
}

TEST_F(live_stored_messages, reads_messages_from_the_leader_where_direct_gets_are_off) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        publish_options opts;
        opts.headers.add("Trace", "a").add("Trace", "b");
        co_await js.publish("orders.a", std::string("\0\r\n\xff", 4), opts);
        co_await js.publish("orders.b", "second");
        const auto first = co_await js.message("ORDERS", 1);
        const auto last = co_await js.last_message("ORDERS", "orders.b");
        if (!first || !last) {
            ADD_FAILURE() << "not found";
            co_return;
        }
        EXPECT_EQ(first->subject, "orders.a");
        EXPECT_EQ(first->sequence, 1u);
        EXPECT_EQ(first->message.payload(), std::string_view("\0\r\n\xff", 4));
        EXPECT_EQ(first->message.headers().get_all("Trace").size(), 2u);
        EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - first->time), 1min);
        EXPECT_EQ(last->message.payload(), "second");
        EXPECT_EQ(last->message.status(), 0);
        EXPECT_FALSE(co_await js.message("ORDERS", 9));
        EXPECT_FALSE(co_await js.last_message("ORDERS", "orders.c"));
    });
}

TEST_F(live_stored_messages, finds_out_once_that_direct_gets_are_off) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(orders());
        co_await js.publish("orders.a", "1");
        EXPECT_TRUE(co_await js.message("ORDERS", 1));
        const auto before = js.connection().stats().out_messages;
        const context copy = js;
        EXPECT_TRUE(co_await copy.message("ORDERS", 1));
        EXPECT_TRUE(co_await copy.last_message("ORDERS", "orders.a"));
        EXPECT_EQ(js.connection().stats().out_messages - before, 2u);
    });
}

}  // namespace
}  // namespace mote::jetstream
