// Replies to one request, one after the other.

#include <tests/nats/live.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

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

/// Keeps what it was told, and takes it or leaves it to `next`.
struct first_seen final : nats::first_reply_handler {
    bool on_first_reply(const message_view* reply) noexcept override {
        ++times;
        failed = reply == nullptr;
        if (reply != nullptr) payload = std::string(reply->payload);
        if (takes && replies != nullptr) replies->reset();
        return takes && reply != nullptr;
    }
    bool takes = false;
    int times = 0;
    bool failed = false;
    std::string payload;
    std::optional<nats::replies>* replies = nullptr;  // to be destroyed
};

constexpr auto never = std::chrono::steady_clock::time_point::max();

TEST_F(live_replies, tell_of_the_first_one_where_it_arrives) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("count", [nc](const message_view& asked) {
            for (int i = 1; i <= 3; ++i) nc.respond(asked, std::to_string(i));
        });
        first_seen takes;
        takes.takes = true;
        auto all = nc.ask("count", "");
        all.when_first(takes, never);
        const auto second = co_await all.next(10s);
        EXPECT_EQ(takes.times, 1);
        EXPECT_EQ(takes.payload, "1");
        EXPECT_EQ(second->payload(), "2");

        first_seen leaves;
        auto other = nc.ask("count", "");
        other.when_first(leaves, never);
        const auto first = co_await other.next(10s);
        EXPECT_EQ(leaves.times, 1);
        EXPECT_EQ(leaves.payload, "1");
        EXPECT_EQ(first->payload(), "1");
    });
}

TEST_F(live_replies, may_be_destroyed_by_who_is_told) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("count", [nc](const message_view& asked) {
            for (int i = 1; i <= 3; ++i) nc.respond(asked, std::to_string(i));
        });
        std::optional<nats::replies> all;
        first_seen seen;
        seen.takes = true;
        seen.replies = &all;
        all.emplace(nc.ask("count", ""));
        all->when_first(seen, never);
        const auto told = co_await eventually([&] { return seen.times == 1; });
        EXPECT_TRUE(told);
        EXPECT_FALSE(all.has_value());
        co_await nc.flush();
        EXPECT_EQ(seen.times, 1);
        const auto after = co_await nc.request("count", "");
        EXPECT_EQ(after.payload(), "1");
    });
}

TEST_F(live_replies, tell_who_waits_for_the_first_of_the_deadline_and_of_the_end) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto sub = nc.subscribe("silent", [](const message_view&) {});
        first_seen late;
        auto slow = nc.ask("silent", "");
        slow.when_first(late, std::chrono::steady_clock::now() + 20ms);
        const auto told = co_await eventually([&] { return late.times == 1; });
        EXPECT_TRUE(told);
        EXPECT_TRUE(late.failed);
        auto waiting = slow.next(60s);
        const auto seen = co_await failure_of(std::move(waiting));
        EXPECT_EQ(seen.code, errc::timeout);
        EXPECT_TRUE(contains(seen.text, "silent")) << seen.text;

        first_seen forgotten;
        auto unwanted = nc.ask("silent", "");
        unwanted.when_first(forgotten, never);
        unwanted.close();
        first_seen ended;
        auto open = nc.ask("silent", "");
        open.when_first(ended, never);
        nc.close();
        EXPECT_EQ(ended.times, 1);
        EXPECT_TRUE(ended.failed);
        EXPECT_EQ(forgotten.times, 0);
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
