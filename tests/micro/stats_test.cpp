// Counters, times, the stats handler, reset.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using stats_test = micro_test;

TEST_F(stats_test, are_zero_before_the_first_request) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.stats();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        const auto& echo = found[0].endpoints.at(0);
        EXPECT_EQ(found[0].started, service.stats().started);
        EXPECT_EQ(echo.queue_group, "q");
        EXPECT_EQ(echo.requests, 0U);
        EXPECT_EQ(echo.errors, 0U);
        EXPECT_EQ(echo.last_error, "");
        EXPECT_EQ(echo.processing_time, 0ns);
        EXPECT_EQ(echo.average_processing_time, 0ns);
        EXPECT_FALSE(echo.data);
    });
}

TEST_F(stats_test, sum_the_time_of_inline_handlers_and_average_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("work", [](micro::request& req) {
            const auto until = std::chrono::steady_clock::now() + 2ms;
            while (std::chrono::steady_clock::now() < until) continue;
            req.respond({});
        });
        co_await service.start(here.connection);
        for (int i = 0; i < 4; ++i) here.caller.publish("work", "x");
        co_await ask(here.caller, "work");
        const auto stats = service.stats().endpoints.at(0);
        EXPECT_EQ(stats.requests, 5U);
        EXPECT_GE(stats.processing_time, 10ms);
        EXPECT_EQ(stats.average_processing_time, stats.processing_time / 5);
    });
}

TEST_F(stats_test, time_a_coroutine_until_it_has_ended) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("wait", [](micro::request req) -> asio::awaitable<void> {
            req.respond("early");
            asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
            co_await timer.async_wait(asio::use_awaitable);
        });
        co_await service.start(here.connection);
        co_await ask(here.caller, "wait");
        const auto during = service.stats().endpoints.at(0);
        EXPECT_EQ(during.requests, 1U) << "counted when the handler starts";
        EXPECT_EQ(during.in_flight, 1U);
        EXPECT_EQ(during.average_processing_time, 0ns);
        co_await eventually("it has ended", [&] { return service.stats().endpoints.at(0).in_flight == 0; });
        const auto after = service.stats().endpoints.at(0);
        EXPECT_GE(after.processing_time, 20ms);
        EXPECT_EQ(after.average_processing_time, after.processing_time);
    });
}

TEST_F(stats_test, have_data_of_the_stats_handler_for_each_endpoint) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.stats_handler = [](const micro::endpoint_info& endpoint) {
            return endpoint.name == "none" ? std::string() : R"({"subject":")" + endpoint.subject + R"(","f":1.5})";
        };
        micro::service service(config);
        service.group("g").endpoint("some", [](micro::event&) {});
        service.endpoint("none", [](micro::event&) {});
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.stats();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        EXPECT_TRUE(contains(found[0].endpoints.at(0).data.value_or(""), R"("subject":"g.some")"));
        EXPECT_FALSE(found[0].endpoints.at(1).data);
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(stats_test, are_answered_without_data_when_the_stats_handler_fails) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.stats_handler = [](const micro::endpoint_info& endpoint) -> std::string {
            if (endpoint.name == "throws") throw std::runtime_error("no numbers today");
            return endpoint.name == "number" ? "42" : "{broken";
        };
        micro::service service(config);
        for (const auto* const name : {"throws", "number", "broken"}) service.endpoint(name, [](micro::event&) {});
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.stats();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        for (const auto& endpoint : found[0].endpoints) EXPECT_FALSE(endpoint.data) << endpoint.name;
        EXPECT_EQ(here.failures->size(), 3U);
        EXPECT_EQ(here.failures->at(0).endpoint, "throws");
        EXPECT_EQ(here.failures->at(0).cause, "no numbers today");
        EXPECT_EQ(here.failures->at(1).cause, "not a JSON object: 42");
    });
}

TEST_F(stats_test, begin_again_after_a_reset_with_names_and_queue_groups_kept) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request& req) { req.respond_error(400, "bad"); });
        co_await service.start(here.connection);
        co_await ask(here.caller, "fail");
        const auto before = service.stats();
        EXPECT_EQ(before.endpoints.at(0).errors, 1U);
        service.reset();
        micro::discovery others(here.caller);
        const auto found = co_await others.stats();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        const auto& after = found[0].endpoints.at(0);
        EXPECT_GT(found[0].started, before.started);
        EXPECT_EQ(after.name, "fail");
        EXPECT_EQ(after.subject, "fail");
        EXPECT_EQ(after.queue_group, "q");
        EXPECT_EQ(after.requests, 0U);
        EXPECT_EQ(after.errors, 0U);
        EXPECT_EQ(after.last_error, "");
        EXPECT_EQ(after.processing_time, 0ns);
    });
}

TEST_F(stats_test, keep_calls_that_are_going_on_over_a_reset) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("slow", [open_later](micro::event) -> asio::awaitable<void> { co_await open_later.pass(); });
        co_await service.start(here.connection);
        here.caller.publish("slow", "1");
        here.caller.publish("slow", "2");
        co_await eventually("two are in flight", [&] { return service.stats().endpoints.at(0).in_flight == 2; });
        service.reset();
        EXPECT_EQ(service.stats().endpoints.at(0).requests, 2U);
        open_later.open();
        co_await eventually("both have ended", [&] { return service.stats().endpoints.at(0).in_flight == 0; });
        const auto after = service.stats().endpoints.at(0);
        EXPECT_EQ(after.requests, 2U);
        EXPECT_EQ(after.average_processing_time, after.processing_time / 2);
    });
}

TEST_F(stats_test, do_not_count_discovery) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.subject = "$SRV.PING.Test";
        service.endpoint("spy", [](micro::event&) {}, opts);
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        co_await others.ping();
        co_await others.info();
        EXPECT_EQ(service.stats().endpoints.at(1).requests, 0U);
    });
}

}  // namespace
}  // namespace mote::test
