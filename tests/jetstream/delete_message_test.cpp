#include <mote/jetstream/context.hpp>

#include <tests/jetstream/live_test.hpp>
#include <tests/jetstream/orders.hpp>

namespace mote::jetstream {
namespace {

using boost::asio::awaitable;
using test::failure_of;
using test::nats_server;

class live_delete_message : public test::live_test {};

TEST_F(live_delete_message, removes_one_message_and_no_other) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        for (const auto* const each : {"1", "2", "3"}) co_await js.publish("orders.a", each);
        EXPECT_TRUE(co_await js.delete_message("ORDERS", 2));
        EXPECT_FALSE(co_await js.message("ORDERS", 2));
        EXPECT_TRUE(co_await js.message("ORDERS", 1));
        EXPECT_TRUE(co_await js.message("ORDERS", 3));
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 2u);
    });
}

TEST_F(live_delete_message, says_when_there_is_nothing_to_remove) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await js.create_stream(direct_orders());
        EXPECT_FALSE(co_await js.delete_message("ORDERS", 1)) << "of an empty stream";
        for (const auto* const each : {"1", "2", "3"}) co_await js.publish("orders.a", each);
        EXPECT_TRUE(co_await js.delete_message("ORDERS", 1));
        EXPECT_TRUE(co_await js.delete_message("ORDERS", 2));
        EXPECT_FALSE(co_await js.delete_message("ORDERS", 1)) << "before the first";
        EXPECT_FALSE(co_await js.delete_message("ORDERS", 2)) << "twice";
        EXPECT_FALSE(co_await js.delete_message("ORDERS", 99)) << "behind the last";
        EXPECT_FALSE(co_await js.delete_message("ORDERS", 0));
        EXPECT_EQ((co_await js.stream("ORDERS")).state.messages, 1u);
    });
}

TEST_F(live_delete_message, throws_where_it_cannot_be_done) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        auto config = direct_orders();
        config.deny_delete = true;
        co_await js.create_stream(config);
        co_await js.publish("orders.a", "1");
        const auto refused = co_await failure_of(js.delete_message("ORDERS", 1));
        EXPECT_EQ(refused.code.category(), jetstream_category()) << refused.text;
        EXPECT_TRUE(co_await js.message("ORDERS", 1));
        EXPECT_EQ((co_await failure_of(js.delete_message("OTHER", 1))).code, errc::stream_not_found);
        EXPECT_EQ(test::failure_at_once([&] { (void)js.delete_message("a.b", 1); }).code, errc::bad_config);
    });
}

}  // namespace
}  // namespace mote::jetstream
