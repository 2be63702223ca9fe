#include <tests/nats/live.hpp>

#include <atomic>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <random>
#include <thread>
#include <variant>

// What is awaited on another loop than the connection's, and cancelled there.

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using nats::connection;
using nats::errc;
using nats::message_view;

class live_loops : public live_nats {};

/// What became of many operations, each with a time of its own beside it.
struct tally {
    int ended = 0;
    int cancelled = 0;
};

/// Asks again and again, and gives up about when the answer comes.
asio::awaitable<void> ask_and_give_up(connection nc, int rounds, tally& seen) {
    std::minstd_rand random(1);  // any numbers will do, the same ones each time
    std::uniform_int_distribution<int> microseconds(0, 300);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < rounds; ++i) {
        const auto text = std::to_string(i);
        const bool patient = i % 100 == 0;  // so that some are answered on the slowest machine
        timer.expires_after(patient ? std::chrono::microseconds(20s) : std::chrono::microseconds(microseconds(random)));
        auto asking = nc.request("echo", text);
        auto time = timer.async_wait(asio::use_awaitable);
        auto first = co_await (std::move(asking) || std::move(time));
        if (first.index() == 1) {
            ++seen.cancelled;
            continue;
        }
        ++seen.ended;
        EXPECT_EQ(std::get<0>(first).payload(), text);
    }
    for (int i = 0; i < rounds / 4; ++i) {
        timer.expires_after(std::chrono::microseconds(microseconds(random)));
        auto flushing = nc.flush();
        auto time = timer.async_wait(asio::use_awaitable);
        const auto first = co_await (std::move(flushing) || std::move(time));
        ++(first.index() == 1 ? seen.cancelled : seen.ended);
    }
    co_await nc.flush();  // the slot is in use again
}

TEST_F(live_loops, may_cancel_at_the_moment_when_the_work_ends) {
    static constexpr int rounds = 4000;
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto echo = nc.subscribe("echo", [nc](const message_view& asked) { nc.respond(asked, asked.payload); });
        co_await nc.flush();
        tally seen;
        std::atomic<bool> ended = false;
        std::thread asker([nc, &seen, &ended] {
            run(ask_and_give_up(nc, rounds, seen));
            ended = true;
        });
        asio::steady_timer pause(nc.executor());
        while (!ended) {  // `run` bounds it
            pause.expires_after(1ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        asker.join();
        EXPECT_EQ(seen.ended + seen.cancelled, rounds + rounds / 4);
        EXPECT_GT(seen.ended, 0);
        EXPECT_GT(seen.cancelled, 0);
        const auto reply = co_await nc.request("echo", "all is well");
        EXPECT_EQ(reply.payload(), "all is well");
    });
}

/// A request without an answer, given up soon: it ends because it is cancelled, long before its own time.
asio::awaitable<void> give_up_for_sure(connection nc) {
    nats::request_options patient;
    patient.timeout = 10min;
    asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
    auto asking = nc.request("silent", "", patient);
    auto time = timer.async_wait(asio::use_awaitable);
    const auto first = co_await (std::move(asking) || std::move(time));
    EXPECT_EQ(first.index(), 1u);
}

TEST_F(live_loops, end_what_they_cancel) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto silent = nc.subscribe("silent", [](const message_view&) {});
        co_await nc.flush();
        std::atomic<bool> ended = false;
        std::thread asker([nc, &ended] {
            run(give_up_for_sure(nc));
            ended = true;
        });
        const auto has_ended = [&ended] { return ended.load(); };
        EXPECT_TRUE(co_await eventually(has_ended));
        asker.join();
    });
}

}  // namespace
}  // namespace mote::test
