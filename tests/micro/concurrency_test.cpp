// How many calls go on at once, who waits, who is turned away, on which threads, and for how long.

#include <tests/micro/world.hpp>

#include <mote/micro/deadline.hpp>
#include <mote/micro/discovery.hpp>

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using concurrency_test = micro_test;

/// Answers with its body when the gate opens, and notes how many did so at once.
struct counted_handler {
    gate open_later;
    std::shared_ptr<int> now = std::make_shared<int>(0);
    std::shared_ptr<int> most = std::make_shared<int>(0);

    static asio::awaitable<void> handle(counted_handler self, micro::request req) {
        *self.most = std::max(*self.most, ++*self.now);
        co_await self.open_later.pass();
        --*self.now;
        req.respond(req.data());
    }
    asio::awaitable<void> operator()(micro::request req) const { return handle(*this, std::move(req)); }
};

micro::endpoint_stats stats_of(const micro::service& service, std::size_t index = 0) {
    return service.stats().endpoints.at(index);
}

/// Asks `count` times at once; the answers come into `answers` in their order.
void ask_often(world& here, const std::string& subject, int count, std::vector<answer>& answers) {
    for (int i = 0; i < count; ++i)
        asio::co_spawn(here.caller.executor(), ask(here.caller, subject, std::to_string(i)),
                       [&answers](const std::exception_ptr&, const answer& got) { answers.push_back(got); });
}

TEST_F(concurrency_test, runs_so_many_at_once_and_lets_the_others_wait_in_their_order) {
    in_world([](world& here) -> asio::awaitable<void> {
        const counted_handler handler{gate(here.connection.executor())};
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 3;
        service.endpoint("slow", handler, opts);
        service.endpoint("fast", [](micro::request& req) { req.respond("fast"); });
        co_await service.start(here.connection);
        std::vector<answer> answers;
        ask_often(here, "slow", 10, answers);
        co_await eventually("seven wait", [&] { return stats_of(service).waiting == 7; });
        EXPECT_EQ(*handler.now, 3);
        EXPECT_EQ(stats_of(service).in_flight, 10U);
        const auto fast = co_await ask(here.caller, "fast");
        EXPECT_EQ(fast, body("fast"));
        handler.open_later.open();
        co_await eventually("all are answered", [&] { return answers.size() == 10; });
        EXPECT_EQ(*handler.most, 3);
        for (int i = 0; i < 10; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)], body(std::to_string(i)));
        EXPECT_EQ(stats_of(service).waiting, 0U);
        EXPECT_EQ(stats_of(service).in_flight, 0U);
    });
}

TEST_F(concurrency_test, a_full_line_rejects_drops_or_grows) {
    in_world([](world& here) -> asio::awaitable<void> {
        const counted_handler handler{gate(here.connection.executor())};
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 1;
        opts.max_waiting = 1;
        service.endpoint("rejects", handler, opts);
        opts.when_full = micro::overflow::drop;
        service.endpoint("drops", handler, opts);
        opts.when_full = micro::overflow::wait;
        service.endpoint("waits", handler, opts);
        co_await service.start(here.connection);

        std::vector<answer> rejecting;
        std::vector<answer> waiting;
        ask_often(here, "rejects", 4, rejecting);
        ask_often(here, "waits", 4, waiting);
        for (int i = 0; i < 4; ++i) here.caller.publish("drops", "x");
        co_await eventually("all have come", [&] {
            return stats_of(service, 0).requests == 4 && stats_of(service, 1).requests == 4 &&
                   stats_of(service, 2).requests == 4;
        });
        co_await eventually("two are rejected", [&] { return rejecting.size() == 2; });
        EXPECT_EQ(rejecting, std::vector(2, answer{429, "too many requests", ""}));
        EXPECT_EQ(stats_of(service, 0).rejected, 2U);
        EXPECT_EQ(stats_of(service, 0).errors, 2U);
        EXPECT_EQ(stats_of(service, 1).dropped, 2U);
        EXPECT_EQ(stats_of(service, 1).errors, 0U);
        EXPECT_EQ(stats_of(service, 2).waiting, 3U);
        handler.open_later.open();
        co_await eventually("the others are answered", [&] { return rejecting.size() == 4 && waiting.size() == 4; });
        co_await eventually("nothing goes on", [&] { return stats_of(service, 1).in_flight == 0; });
        EXPECT_EQ(std::set<std::string>({waiting[0].body, waiting[1].body, waiting[2].body, waiting[3].body}),
                  (std::set<std::string>{"0", "1", "2", "3"}));
    });
}

TEST_F(concurrency_test, a_long_line_of_handlers_that_do_not_wait_is_no_deep_recursion) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 1;
        opts.when_full = micro::overflow::wait;
        int handled = 0;
        service.endpoint(
            "e",
            [&handled, open_later](micro::event seen) -> asio::awaitable<void> {
                if (seen.data() == "first") co_await open_later.pass();
                ++handled;
            },
            opts);
        co_await service.start(here.connection);
        here.caller.publish("e", "first");
        for (int i = 0; i < 50000; ++i) here.caller.publish("e", "x");
        co_await eventually("all wait", [&] { return stats_of(service).waiting == 50000; });
        open_later.open();
        co_await eventually("all are handled", [&] { return handled == 50001; });
    });
}

TEST_F(concurrency_test, threads_of_its_own_run_handlers_that_compute_while_others_are_answered) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::atomic<bool> go_on = false;
        std::mutex mutex;
        std::set<std::thread::id> seen;
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.threads = 2;
        opts.max_in_flight = 2;
        service.endpoint(
            "compute",
            [&](micro::request& req) {
                {
                    const std::lock_guard lock(mutex);
                    seen.insert(std::this_thread::get_id());
                }
                while (!go_on) std::this_thread::yield();
                if (req.data() == "3") throw micro::service_error(418, "three");
                req.respond(req.data());
            },
            opts);
        service.endpoint("fast", [](micro::request& req) { req.respond("fast"); });
        co_await service.start(here.connection);
        std::vector<answer> answers;
        ask_often(here, "compute", 5, answers);
        co_await eventually("both threads work", [&] {
            const std::lock_guard lock(mutex);
            return seen.size() == 2;
        });
        const auto fast = co_await ask(here.caller, "fast");
        EXPECT_EQ(fast, body("fast"));
        EXPECT_FALSE(seen.contains(std::this_thread::get_id()));
        go_on = true;
        co_await eventually("all are answered", [&] { return answers.size() == 5; });
        EXPECT_EQ(std::count(answers.begin(), answers.end(), answer{418, "three", ""}), 1);
        co_await eventually("all are counted", [&] { return stats_of(service).in_flight == 0; });
        EXPECT_EQ(stats_of(service).errors, 1U);
        EXPECT_EQ(stats_of(service).bytes_out, 4U);
        co_await service.stop();
    });
}

TEST_F(concurrency_test, coroutines_may_run_on_an_executor_that_is_shared) {
    in_world([](world& here) -> asio::awaitable<void> {
        asio::thread_pool pool(1);
        std::thread::id handled_on;
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.executor = pool.get_executor();
        service.endpoint(
            "there",
            [&handled_on](micro::request req) -> asio::awaitable<void> {
                handled_on = std::this_thread::get_id();
                req.respond("there");
                co_return;
            },
            opts);
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "there");
        EXPECT_EQ(got, body("there"));
        EXPECT_NE(handled_on, std::this_thread::get_id());
        co_await service.stop();
    });
}

// ---- deadlines

asio::awaitable<nats::message> ask_within(nats::connection caller, std::string subject, std::string milliseconds) {
    nats::request_options opts;
    opts.headers.add(micro::deadline_header, milliseconds);
    opts.timeout = 20s;
    co_return co_await caller.request(subject, "x", opts);
}

TEST_F(concurrency_test, a_handler_sees_what_is_left_of_its_caller_s_time) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        const auto tell = [](const micro::request& req) {
            const auto left = req.time_left();
            if (!left) return std::string("no deadline");
            return std::string(*left > 50s && *left <= 60s ? "less than a minute" : "something else");
        };
        service.endpoint("inline", [tell](micro::request& req) { req.respond(tell(req)); });
        service.endpoint("waits", [tell](micro::request req) -> asio::awaitable<void> {
            req.respond(tell(req));
            co_return;
        });
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"inline", "waits"}) {
            const auto without = co_await here.caller.request(endpoint, "");
            EXPECT_EQ(without.payload(), "no deadline");
            const auto with = co_await ask_within(here.caller, endpoint, "60000");
            EXPECT_EQ(with.payload(), "less than a minute");
            const auto nonsense = co_await ask_within(here.caller, endpoint, "soon");
            EXPECT_EQ(nonsense.payload(), "no deadline");
        }
    });
}

TEST_F(concurrency_test, work_whose_caller_has_gone_is_cancelled_or_not_begun) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        int begun = 0;
        bool cancelled = false;
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 1;
        service.endpoint(
            "slow",
            [&](micro::request req) -> asio::awaitable<void> {
                ++begun;
                asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
                try {
                    co_await timer.async_wait(asio::use_awaitable);
                } catch (const boost::system::system_error& failed) {
                    cancelled = failed.code() == asio::error::operation_aborted;
                    throw;
                }
                req.respond("too late");
            },
            opts);
        co_await service.start(here.connection);
        nats::headers headers;
        headers.add(micro::deadline_header, "100");
        here.caller.publish("slow", here.caller.new_inbox(), "x", headers);
        here.caller.publish("slow", here.caller.new_inbox(), "x", headers);
        co_await eventually("both have expired", [&] { return stats_of(service).expired == 2; });
        EXPECT_EQ(begun, 1);
        EXPECT_TRUE(cancelled);
        EXPECT_EQ(stats_of(service).errors, 0U);
        EXPECT_EQ(stats_of(service).in_flight, 0U);
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(concurrency_test, work_whose_caller_has_gone_is_cancelled_on_another_executor_too) {
    in_world([](world& here) -> asio::awaitable<void> {
        asio::thread_pool pool(2);
        std::atomic<int> cancelled = 0;
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.executor = pool.get_executor();
        service.endpoint(
            "slow",
            [&cancelled](micro::request req) -> asio::awaitable<void> {
                asio::steady_timer timer(co_await asio::this_coro::executor, 5s);
                try {
                    co_await timer.async_wait(asio::use_awaitable);
                } catch (const boost::system::system_error& failed) {
                    if (failed.code() == asio::error::operation_aborted) ++cancelled;
                    throw;
                }
                req.respond("too late");
            },
            opts);
        co_await service.start(here.connection);
        nats::headers headers;
        headers.add(micro::deadline_header, "100");
        for (int i = 0; i < 50; ++i) here.caller.publish("slow", here.caller.new_inbox(), "x", headers);
        co_await eventually("all have ended", [&] {
            const auto stats = stats_of(service);
            return stats.requests == 50 && stats.in_flight == 0;
        });
        EXPECT_EQ(cancelled, 50);
        EXPECT_EQ(stats_of(service).expired, 50U);
        EXPECT_EQ(stats_of(service).errors, 0U);
        EXPECT_TRUE(here.failures->empty());
        co_await service.stop();
    });
}

// ---- statistics

TEST_F(concurrency_test, statistics_tell_latencies_and_bytes) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        service.endpoint("waits", [](micro::request req) -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor, 2ms);
            co_await timer.async_wait(asio::use_awaitable);
            req.respond("ab");
        });
        service.endpoint("never", [](micro::request& req) { req.respond({}); });
        co_await service.start(here.connection);
        for (int i = 0; i < 30; ++i) {
            co_await ask(here.caller, "echo", "12345");
            co_await ask(here.caller, "waits");
        }
        micro::discovery_options only;
        only.name = "Test";
        micro::discovery others(here.caller);
        const auto found = co_await others.stats(only);
        EXPECT_EQ(found.size(), 1U);
        if (found.size() != 1) co_return;
        const auto& echo = found.front().endpoints.at(0);
        EXPECT_EQ(echo.bytes_in, 150U);
        EXPECT_EQ(echo.bytes_out, 150U);
        EXPECT_TRUE(echo.latency.p50 && echo.latency.p99);
        const auto& waits = found.front().endpoints.at(1);
        EXPECT_EQ(waits.bytes_out, 60U);
        EXPECT_TRUE(waits.latency.p50 && *waits.latency.p50 >= 2ms && *waits.latency.p50 <= waits.latency.p99);
        EXPECT_GE(waits.latency.max, 2ms);
        EXPECT_FALSE(found.front().endpoints.at(2).data);
        service.reset();
        EXPECT_EQ(stats_of(service).bytes_in, 0U);
        EXPECT_FALSE(stats_of(service).latency.p50);
    });
}

}  // namespace
}  // namespace mote::test
