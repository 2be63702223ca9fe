// Replies to one request, one after the other.

#include <tests/nats/live.hpp>

#include <memory>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::message_view;

class live_replies : public live_nats {};

TEST_F(live_replies, come_in_order_without_a_subscription_of_their_own) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("count", [nc](const message_view& asked) {
            for (int i = 1; i <= 1000; ++i) nc.respond(asked, std::string(asked.payload) + std::to_string(i));
        });
        auto first = nc.ask("count", "a");
        auto second = nc.ask("count", "b");
        for (int i = 1; i <= 1000; ++i) {
            const auto of_second = co_await second.next(10s);
            EXPECT_EQ(of_second->payload(), "b" + std::to_string(i));
            const auto of_first = co_await first.next(10s);
            EXPECT_EQ(of_first->payload(), "a" + std::to_string(i));
        }
        EXPECT_FALSE(first.try_next());
        auto waiting = first.next(10ms);
        const auto late = co_await failure_of(std::move(waiting));
        EXPECT_EQ(late.code, errc::timeout);
        EXPECT_TRUE(contains(late.text, "count")) << late.text;
    });
}

TEST_F(live_replies, past_the_bound_are_dropped_and_counted) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("count", [nc](const message_view& asked) {
            for (int i = 1; i <= 5; ++i) nc.respond(asked, std::to_string(i));
        });
        auto replies = nc.ask("count", "", nats::headers(), 3);
        const auto dropped = co_await eventually([&] { return nc.stats().dropped == 2; });
        EXPECT_TRUE(dropped);
        for (int i = 1; i <= 3; ++i) {
            const auto reply = replies.try_next();
            EXPECT_TRUE(reply && reply->payload() == std::to_string(i));
        }
        EXPECT_FALSE(replies.try_next());
    });
}

TEST_F(live_replies, say_that_nobody_listens) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto replies = nc.ask("nobody", "");
        const auto reply = co_await replies.next(10s);
        EXPECT_EQ(reply->status(), 503);
    });
}

TEST_F(live_replies, end_for_who_waits_when_they_are_closed) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("silent", [](const message_view&) {});
        const auto replies = std::make_shared<nats::replies>(nc.ask("silent", ""));
        bool ended = false;
        asio::co_spawn(
            nc.executor(),
            [](std::shared_ptr<nats::replies> from, bool* done) -> asio::awaitable<void> {
                const auto nothing = co_await from->next(60s);
                EXPECT_FALSE(nothing);
                *done = true;
            }(replies, &ended),
            [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
        co_await turn();
        EXPECT_FALSE(ended);
        replies->close();
        const auto came = co_await eventually([&] { return ended; });
        EXPECT_TRUE(came);
    });
}

TEST_F(live_replies, to_an_earlier_request_never_reach_a_later_one) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::string kept;
        const auto sub = nc.subscribe("keep", [&kept](const message_view& asked) {
            if (kept.empty()) kept = std::string(asked.reply);
        });
        {
            auto gone = nc.ask("keep", "");
            const auto came = co_await eventually([&] { return !kept.empty(); });
            EXPECT_TRUE(came);
        }
        auto later = nc.ask("keep", "");
        nc.publish(kept, "for the first one");
        co_await nc.flush();
        EXPECT_FALSE(later.try_next());
    });
}

TEST_F(live_replies, fail_when_the_connection_is_closed) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("silent", [](const message_view&) {});
        auto replies = nc.ask("silent", "");
        auto waiting = replies.next(60s);
        nc.close();
        const auto seen = co_await failure_of(std::move(waiting));
        EXPECT_EQ(seen.code, errc::closed);
    });
}

}  // namespace
}  // namespace mote::test
