// Replies from memory: which are kept, for how long, and how many.

#include <tests/micro/world.hpp>

#include <mote/micro/middleware/caching.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using middleware_caching_test = micro_test;

/// A service whose handler counts how often it is asked, and a clock that the test moves.
struct cached_world {
    std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
    int calls = 0;

    micro::caching_options options() {
        micro::caching_options opts;
        opts.clock = [this] { return now; };
        return opts;
    }
    void add(micro::service& service, std::string name, micro::caching_options opts) {
        micro::endpoint_options around;
        around.middleware = {micro::caching(std::move(opts))};
        service.endpoint(
            std::move(name),
            [this](micro::request& req) {
                ++calls;
                if (req.data() == "fail") return req.respond_error(404, "none");
                nats::headers headers;
                headers.add("Call", std::to_string(calls));
                req.respond("for " + std::string(req.data()), headers);
            },
            around);
    }
};

/// Payload and number of the call that made it.
asio::awaitable<std::string> ask_raw(nats::connection caller, std::string subject, std::string payload) {
    const auto reply = co_await caller.request(subject, payload);
    co_return std::string(reply.payload()) + " #" + std::string(reply.headers().get("Call").value_or("-"));
}

/// How many of the requests reach the handler.
asio::awaitable<int> count_calls(cached_world* cached, nats::connection caller, std::string subject,
                                 std::vector<std::string> payloads) {
    cached->calls = 0;
    for (const auto& payload : payloads) co_await ask_raw(caller, subject, payload);
    co_return cached->calls;
}

TEST_F(middleware_caching_test, answers_with_payload_and_headers_until_they_are_old) {
    in_world([](world& here) -> asio::awaitable<void> {
        cached_world cached;
        micro::service service(here.config());
        cached.add(service, "e", cached.options());
        co_await service.start(here.connection);
        const auto first = co_await ask_raw(here.caller, "e", "a");
        EXPECT_EQ(first, "for a #1");
        const auto again = co_await ask_raw(here.caller, "e", "a");
        EXPECT_EQ(again, "for a #1");
        const auto other = co_await ask_raw(here.caller, "e", "b");
        EXPECT_EQ(other, "for b #2");
        cached.now += 9s;
        const auto nearly_old = co_await ask_raw(here.caller, "e", "a");
        EXPECT_EQ(nearly_old, "for a #1");
        cached.now += 1s;
        const auto fresh = co_await ask_raw(here.caller, "e", "a");
        EXPECT_EQ(fresh, "for a #3");
        EXPECT_EQ(service.stats().endpoints.at(0).requests, 5U);
    });
}

TEST_F(middleware_caching_test, keeps_no_errors_and_no_several_replies) {
    in_world([](world& here) -> asio::awaitable<void> {
        cached_world cached;
        micro::service service(here.config());
        cached.add(service, "e", cached.options());
        int calls = 0;
        micro::endpoint_options around;
        around.middleware = {micro::caching(cached.options())};
        service.endpoint(
            "throws", [&calls](micro::request&) { ++calls, throw micro::service_error(503, "busy"); }, around);
        service.endpoint(
            "breaks",
            [&calls](micro::request& req) {
                ++calls;
                req.respond("half");
                throw std::runtime_error("and then");
            },
            around);
        service.endpoint(
            "twice",
            [&calls](micro::request req) -> asio::awaitable<void> {
                ++calls;
                req.respond("one");
                req.respond("two");
                co_return;
            },
            around);
        service.endpoint("event", [&calls](micro::event&) { ++calls; }, around);
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"throws", "breaks", "twice", "event"}) {
            calls = 0;
            co_await ask(here.caller, endpoint, "x");
            co_await ask(here.caller, endpoint, "x");
            EXPECT_EQ(calls, 2) << endpoint;
        }
        co_await ask(here.caller, "e", "fail");
        co_await ask(here.caller, "e", "fail");
        EXPECT_EQ(cached.calls, 2);
    });
}

TEST_F(middleware_caching_test, keeps_the_answer_of_a_coroutine_and_of_a_kept_request) {
    in_world([](world& here) -> asio::awaitable<void> {
        cached_world cached;
        micro::service service(here.config());
        int calls = 0;
        micro::endpoint_options around;
        around.middleware = {micro::caching(cached.options())};
        service.endpoint(
            "waits",
            [&calls](micro::request req) -> asio::awaitable<void> {
                req.respond(std::to_string(++calls));
                co_return;
            },
            around);
        service.endpoint(
            "moves",
            [&calls](micro::request& req) {
                micro::request kept(std::move(req));
                kept.respond(std::to_string(++calls));
            },
            around);
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"waits", "moves"}) {
            calls = 0;
            const auto first = co_await ask(here.caller, endpoint);
            const auto second = co_await ask(here.caller, endpoint);
            EXPECT_EQ(first, body("1")) << endpoint;
            EXPECT_EQ(second, body("1")) << endpoint;
        }
    });
}

TEST_F(middleware_caching_test, a_key_says_what_the_reply_depends_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        cached_world cached;
        auto opts = cached.options();
        opts.key = [](const micro::request& req) -> std::optional<std::string> {
            if (req.data() == "never") return std::nullopt;
            return std::string(req.data().substr(0, 1));
        };
        micro::service service(here.config());
        cached.add(service, "e", opts);
        co_await service.start(here.connection);
        std::vector<std::string> got;
        for (const auto* const payload : {"a1", "a2", "never", "never", "b"})
            got.push_back(co_await ask_raw(here.caller, "e", payload));
        EXPECT_EQ(got,
                  (std::vector<std::string>{"for a1 #1", "for a1 #1", "for never #2", "for never #3", "for b #4"}));
    });
}

TEST_F(middleware_caching_test, one_for_a_service_keeps_its_endpoints_apart) {
    in_world([](world& here) -> asio::awaitable<void> {
        cached_world cached;
        auto opts = cached.options();
        opts.key = [](const micro::request&) { return std::optional<std::string>("same"); };
        auto config = here.config();
        config.middleware = {micro::caching(opts)};
        micro::service service(config);
        service.endpoint("a", [](micro::request& req) { req.respond("of a"); });
        service.endpoint("b", [](micro::request& req) { req.respond("of b"); });
        co_await service.start(here.connection);
        co_await ask(here.caller, "a");
        const auto other = co_await ask(here.caller, "b");
        EXPECT_EQ(other, body("of b"));
    });
}

TEST_F(middleware_caching_test, forgets_what_was_used_longest_ago_past_a_bound) {
    in_world([](world& here) -> asio::awaitable<void> {
        cached_world cached;
        auto few = cached.options();
        few.max_entries = 2;
        auto small = cached.options();
        small.max_bytes = 700;
        auto none = cached.options();
        none.max_entries = 0;
        micro::service service(here.config());
        cached.add(service, "few", few);
        cached.add(service, "small", small);
        cached.add(service, "none", none);
        co_await service.start(here.connection);
        const std::vector<std::string> payloads{"a", "b", "a", "c", "a", "b"};  // c drives out b
        const auto few_calls = co_await count_calls(&cached, here.caller, "few", payloads);
        EXPECT_EQ(few_calls, 4);
        const auto none_calls = co_await count_calls(&cached, here.caller, "none", payloads);
        EXPECT_EQ(none_calls, 6);
        const std::string large(200, 'l');
        const std::vector<std::string> large_ones{"a" + large, "b" + large, "a" + large};  // not both fit
        const auto large_calls = co_await count_calls(&cached, here.caller, "small", large_ones);
        EXPECT_EQ(large_calls, 3);
        const std::string huge(1000, 'h');
        const std::vector<std::string> huge_ones{"s", huge, huge, "s"};  // what never fits drives nothing out
        const auto huge_calls = co_await count_calls(&cached, here.caller, "small", huge_ones);
        EXPECT_EQ(huge_calls, 3);
    });
}

}  // namespace
}  // namespace mote::test
