// Token buckets: how many get through, and what the others are told.

#include <tests/micro/world.hpp>

#include <mote/micro/middleware/rate_limit.hpp>

#include <limits>
#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using middleware_rate_limit_test = micro_test;

/// A clock that the test moves.
struct moved_clock {
    std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
    micro::rate_limit_options options() {
        micro::rate_limit_options opts;
        opts.clock = [this] { return now; };
        return opts;
    }
};

/// The reply's body, or what it says of when to come again.
asio::awaitable<std::string> ask_limited(nats::connection caller, std::string subject, std::string payload = {}) {
    const auto reply = co_await caller.request(subject, payload);
    const auto headers = reply.headers();
    if (const auto code = headers.get("Nats-Service-Error-Code"))
        co_return std::string(*code) + " " + std::string(headers.get("Retry-After").value_or("none"));
    co_return std::string(reply.payload());
}

asio::awaitable<std::vector<std::string>> ask_times(nats::connection caller, int times) {
    std::vector<std::string> got;
    for (int i = 0; i < times; ++i) got.push_back(co_await ask_limited(caller, "e"));
    co_return got;
}

TEST_F(middleware_rate_limit_test, lets_a_burst_through_and_then_the_rate) {
    in_world([](world& here) -> asio::awaitable<void> {
        moved_clock clock;
        auto config = here.config();
        config.middleware = {micro::rate_limit(2, 3, clock.options())};
        micro::service service(config);
        service.endpoint("e", [](micro::request& req) { req.respond("ok"); });
        co_await service.start(here.connection);
        auto got = co_await ask_times(here.caller, 4);
        EXPECT_EQ(got, (std::vector<std::string>{"ok", "ok", "ok", "429 1"}));
        clock.now += 500ms;
        got = co_await ask_times(here.caller, 2);
        EXPECT_EQ(got, (std::vector<std::string>{"ok", "429 1"}));
        clock.now += 1h;
        got = co_await ask_times(here.caller, 4);
        EXPECT_EQ(got, (std::vector<std::string>{"ok", "ok", "ok", "429 1"}));
        EXPECT_EQ(service.stats().endpoints.at(0).errors, 3U);
    });
}

TEST_F(middleware_rate_limit_test, says_in_whole_seconds_when_there_is_a_place_again) {
    in_world([](world& here) -> asio::awaitable<void> {
        moved_clock clock;
        auto config = here.config();
        config.middleware = {micro::rate_limit(0.1, 1, clock.options())};
        micro::service service(config);
        service.endpoint("e", [](micro::request req) -> asio::awaitable<void> {
            req.respond("ok");
            co_return;
        });
        co_await service.start(here.connection);
        const auto first = co_await ask_limited(here.caller, "e");
        EXPECT_EQ(first, "ok");
        const auto second = co_await ask_limited(here.caller, "e");
        EXPECT_EQ(second, "429 10");
        clock.now += 6500ms;
        const auto third = co_await ask_limited(here.caller, "e");
        EXPECT_EQ(third, "429 4");
        clock.now -= 1h;  // a clock that goes back gives nothing and takes nothing
        const auto fourth = co_await ask_limited(here.caller, "e");
        EXPECT_EQ(fourth, "429 4");
    });
}

TEST_F(middleware_rate_limit_test, limits_each_endpoint_or_each_key) {
    in_world([](world& here) -> asio::awaitable<void> {
        moved_clock clock;
        auto config = here.config();
        config.middleware = {micro::rate_limit(1, 1, clock.options())};
        micro::service service(config);
        service.endpoint("a", [](micro::request& req) { req.respond("ok"); });
        service.endpoint("b", [](micro::request& req) { req.respond("ok"); });
        auto by_key = clock.options();
        by_key.key = [](const micro::request& req) { return std::string(req.data()); };
        by_key.max_keys = 2;
        micro::endpoint_options opts;
        opts.middleware = {micro::rate_limit(1, 1, by_key)};
        micro::service keyed(here.config("Keyed"));
        keyed.endpoint("keyed", [](micro::request& req) { req.respond("ok"); }, opts);
        co_await service.start(here.connection);
        co_await keyed.start(here.connection);
        std::vector<std::string> got;
        for (const auto* const subject : {"a", "b", "a", "b"})
            got.push_back(co_await ask_limited(here.caller, subject));
        EXPECT_EQ(got, (std::vector<std::string>{"ok", "ok", "429 1", "429 1"}));
        got.clear();
        // The third key drives out the first, which then begins anew.
        for (const auto* const key : {"x", "y", "y", "x", "z", "x", "y"})
            got.push_back(co_await ask_limited(here.caller, "keyed", key));
        EXPECT_EQ(got, (std::vector<std::string>{"ok", "ok", "429 1", "429 1", "ok", "429 1", "ok"}));
    });
}

TEST(rate_limit, wants_a_rate_and_a_burst) {
    EXPECT_THROW(micro::rate_limit(0, 1), std::invalid_argument);
    EXPECT_THROW(micro::rate_limit(-1, 1), std::invalid_argument);
    EXPECT_THROW(micro::rate_limit(std::numeric_limits<double>::quiet_NaN(), 1), std::invalid_argument);
    EXPECT_THROW(micro::rate_limit(1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace mote::test
