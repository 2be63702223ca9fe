// The kinds of handlers of an endpoint: inline and coroutine, answering at once, later, elsewhere, often or never.

#include <tests/micro/hosted_service.hpp>
#include <tests/micro/world.hpp>
#include <tests/support/raw_client.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using handler_test = micro_test;

TEST_F(handler_test, inline_answers_with_what_it_saw) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("see", [](micro::request& req) {
            EXPECT_TRUE(req.wants_reply());
            req.respond(std::string(req.subject()) + "|" + std::string(req.data()) + "|" +
                        std::string(req.headers().get("X-One").value_or("")));
        });
        co_await service.start(here.connection);
        nats::request_options opts;
        opts.headers = {{"X-One", "1"}};
        const auto reply = co_await here.caller.request("see", "data", opts);
        EXPECT_EQ(reply.payload(), "see|data|1");
    });
}

TEST_F(handler_test, answers_with_headers_and_with_nothing) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("headers",
                         [](micro::request& req) { req.respond("body", {{"A", "1"}, {"A", "2"}, {"b", ""}}); });
        service.endpoint("empty", [](micro::request& req) { req.respond({}); });
        co_await service.start(here.connection);
        const auto reply = co_await here.caller.request("headers", "");
        EXPECT_EQ(reply.payload(), "body");
        const auto values = reply.headers().get_all("A");
        EXPECT_EQ(values, (std::vector<std::string_view>{"1", "2"}));
        const auto empty = co_await here.caller.request("empty", "x");
        EXPECT_EQ(empty.payload(), "");
    });
}

TEST_F(handler_test, coroutine_owns_its_request_while_others_go_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("slow", [open_later](micro::request req) -> asio::awaitable<void> {
            co_await open_later.pass();
            req.respond(req.data());
        });
        service.endpoint("fast", [](micro::request& req) { req.respond("fast"); });
        co_await service.start(here.connection);

        std::vector<answer> answers;
        for (const auto* const text : {"one", "two", "three"})
            asio::co_spawn(here.caller.executor(), ask(here.caller, "slow", text),
                           [&](const std::exception_ptr&, const answer& got) { answers.push_back(got); });
        co_await eventually("all are in flight", [&] { return service.stats().endpoints.at(0).in_flight == 3; });
        const auto fast = co_await ask(here.caller, "fast");
        EXPECT_EQ(fast, body("fast"));
        EXPECT_TRUE(answers.empty());
        open_later.open();
        co_await eventually("all are answered", [&] { return answers.size() == 3; });
        EXPECT_EQ(answers, (std::vector{body("one"), body("two"), body("three")}));
    });
}

asio::awaitable<void> answer_slowly(gate open_later, const micro::request& req, std::string* seen) {
    co_await open_later.pass();
    *seen += std::string(req.subject()) + " " + std::string(req.data()) + "\n";
}

// Its own is what a coroutine takes by value. These keep another's.
static_assert(micro::detail::takes_by_value<asio::awaitable<void> (*)(micro::request), micro::request>);
static_assert(!micro::detail::takes_by_value<asio::awaitable<void> (*)(micro::request&&), micro::request>);
static_assert(!micro::detail::takes_by_value<asio::awaitable<void> (*)(const micro::event&), micro::event>);

TEST_F(handler_test, coroutine_may_refer_to_its_request_as_long_as_it_goes_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        std::string seen;
        micro::service service(here.config());
        service.endpoint("const", [&seen, open_later](const micro::request& req) -> asio::awaitable<void> {
            return answer_slowly(open_later, req, &seen);
        });
        service.endpoint("moved", [&seen, open_later](micro::request&& req) -> asio::awaitable<void> {
            return answer_slowly(open_later, req, &seen);
        });
        service.endpoint("any", [&seen, open_later](auto&& req) -> asio::awaitable<void> {
            return answer_slowly(open_later, req, &seen);
        });
        service.endpoint("event", [&seen, open_later](const micro::event& event) -> asio::awaitable<void> {
            co_await open_later.pass();
            seen += std::string(event.subject()) + " " + std::string(event.data()) + "\n";
        });
        co_await service.start(here.connection);
        const std::string text(100, 'x');
        for (const auto* const endpoint : {"const", "moved", "any", "event"}) here.caller.publish(endpoint, text);
        co_await here.caller.flush();
        co_await here.connection.flush();
        EXPECT_EQ(seen, "");
        open_later.open();
        const auto whole = "const " + text + "\nmoved " + text + "\nany " + text + "\nevent " + text + "\n";
        co_await eventually("all have ended", [&] { return seen.size() == whole.size(); });
        EXPECT_EQ(seen, whole);
    });
}

TEST_F(handler_test, may_keep_an_inline_request_and_answer_it_later) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<micro::request> kept;
        micro::service service(here.config());
        service.endpoint("later", [&kept](micro::request& req) {
            kept.push_back(std::move(req));
            EXPECT_EQ(req.data(), "") << "moved away";
            req.respond("dropped: this one was moved away");
        });
        co_await service.start(here.connection);
        std::optional<answer> got;
        asio::co_spawn(here.caller.executor(), ask(here.caller, "later", "kept bytes"),
                       [&](const std::exception_ptr&, const answer& came) { got = came; });
        co_await eventually("it is kept", [&] { return kept.size() == 1; });
        co_await here.connection.flush();
        EXPECT_FALSE(got);
        EXPECT_EQ(service.stats().endpoints.at(0).in_flight, 1U);
        kept.front().respond(kept.front().data());
        kept.clear();
        co_await eventually("it is answered", [&] { return got.has_value(); });
        EXPECT_EQ(*got, body("kept bytes"));
        const auto stats = service.stats().endpoints.at(0);
        EXPECT_EQ(stats.in_flight, 0U);
        EXPECT_EQ(stats.errors, 0U);
    });
}

TEST_F(handler_test, that_ends_without_an_answer_gets_one_sent_for_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::optional<micro::request> kept;
        micro::service service(here.config());
        service.endpoint("inline", [](micro::request&) {});
        service.endpoint("coroutine", [](micro::request) -> asio::awaitable<void> { co_return; });
        service.endpoint("kept", [&kept](micro::request& req) { kept.emplace(std::move(req)); });
        co_await service.start(here.connection);
        const answer expected{500, "no response", ""};
        for (const std::string subject : {"inline", "coroutine"}) {
            const auto got = co_await ask(here.caller, subject);
            EXPECT_EQ(got, expected) << subject;
        }
        std::optional<answer> got;
        asio::co_spawn(here.caller.executor(), ask(here.caller, "kept"),
                       [&](const std::exception_ptr&, const answer& came) { got = came; });
        co_await eventually("it is kept", [&] { return kept.has_value(); });
        kept.reset();
        co_await eventually("it is answered", [&] { return got.has_value(); });
        EXPECT_EQ(*got, expected);
        for (const auto& endpoint : service.stats().endpoints) {
            EXPECT_EQ(endpoint.errors, 1U) << endpoint.name;
            EXPECT_EQ(endpoint.last_error, "500:no response");
        }
    });
}

TEST_F(handler_test, answers_as_often_as_it_likes) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("twice", [](micro::request& req) {
            req.respond("first");
            req.respond("second");
        });
        co_await service.start(here.connection);
        nats::request_many_options opts;
        opts.max_messages = 2;
        const auto replies = co_await here.caller.request_many("twice", "", opts);
        EXPECT_EQ(replies.size(), 2U);
        EXPECT_EQ(replies.back().payload(), "second");
        EXPECT_EQ(service.stats().endpoints.at(0).requests, 1U);
    });
}

TEST_F(handler_test, without_a_reply_subject_drops_its_answer_and_counts_that) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) {
            EXPECT_FALSE(req.wants_reply());
            req.respond(req.data());
        });
        service.endpoint("silent", [](micro::request&) {});
        co_await service.start(here.connection);
        here.caller.publish("echo", "x");
        here.caller.publish("silent", "x");
        co_await eventually("both are handled", [&] {
            const auto stats = service.stats();
            return stats.endpoints.at(0).requests == 1 && stats.endpoints.at(1).requests == 1;
        });
        const auto stats = service.stats();
        EXPECT_EQ(stats.endpoints.at(0).unanswered, 1U);
        EXPECT_EQ(stats.endpoints.at(0).errors, 0U);
        EXPECT_EQ(stats.endpoints.at(1).unanswered, 0U);
        EXPECT_EQ(stats.endpoints.at(1).errors, 0U);
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(handler_test, answers_429_past_the_bound_of_coroutines) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.max_in_flight = 2;
        opts.max_waiting = 0;
        service.endpoint(
            "slow",
            [open_later](micro::request req) -> asio::awaitable<void> {
                co_await open_later.pass();
                req.respond("done");
            },
            opts);
        co_await service.start(here.connection);
        std::vector<answer> answers;
        const auto note = [&](const std::exception_ptr&, const answer& got) { answers.push_back(got); };
        for (int i = 0; i < 2; ++i) asio::co_spawn(here.caller.executor(), ask(here.caller, "slow"), note);
        co_await eventually("two are in flight", [&] { return service.stats().endpoints.at(0).in_flight == 2; });
        const auto refused = co_await ask(here.caller, "slow");
        EXPECT_EQ(refused, (answer{429, "too many requests", ""}));
        open_later.open();
        co_await eventually("both are answered", [&] { return answers.size() == 2; });
        const auto again = co_await ask(here.caller, "slow");
        EXPECT_EQ(again, body("done"));
        const auto stats = service.stats().endpoints.at(0);
        EXPECT_EQ(stats.requests, 4U);
        EXPECT_EQ(stats.errors, 1U);
        EXPECT_EQ(stats.last_error, "429:too many requests");
    });
}

TEST_F(handler_test, may_destroy_its_own_service) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto service = std::make_unique<micro::service>(here.config());
        service->endpoint("end", [&service](micro::request& req) {
            service.reset();
            req.respond("the last answer");
        });
        service->endpoint("other", [](micro::request& req) { req.respond("never"); });
        co_await service->start(here.connection);
        const auto got = co_await ask(here.caller, "end");
        EXPECT_EQ(got, body("the last answer"));
        const auto gone = co_await failure_of(ask(here.caller, "other"));
        EXPECT_EQ(gone.code, nats::errc::no_responders);
    });
}

TEST_F(handler_test, goes_on_and_answers_when_its_service_is_destroyed) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        auto service = std::make_unique<micro::service>(here.config());
        service->endpoint("slow", [open_later](micro::request req) -> asio::awaitable<void> {
            co_await open_later.pass();
            req.respond(req.data());
        });
        co_await service->start(here.connection);
        std::optional<answer> got;
        asio::co_spawn(here.caller.executor(), ask(here.caller, "slow", "x"),
                       [&](const std::exception_ptr&, const answer& came) { got = came; });
        co_await eventually("it is in flight", [&] { return service->stats().endpoints.at(0).in_flight == 1; });
        service.reset();
        open_later.open();
        co_await eventually("it is answered", [&] { return got.has_value(); });
        EXPECT_EQ(*got, body("x"));
    });
}

TEST_F(handler_test, fails_quietly_when_the_connection_is_closed_under_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("slow", [open_later](micro::request req) -> asio::awaitable<void> {
            co_await open_later.pass();
            req.respond("nobody hears it");
        });
        co_await service.start(here.connection);
        here.caller.publish("slow", "_INBOX.x", "", {});
        co_await eventually("it is in flight", [&] { return service.stats().endpoints.at(0).in_flight == 1; });
        here.connection.close();
        open_later.open();
        co_await eventually("it has ended", [&] { return service.stats().endpoints.at(0).in_flight == 0; });
        EXPECT_EQ(service.stats().endpoints.at(0).errors, 1U);
        EXPECT_FALSE(here.failures->empty());
        co_await eventually("the service has stopped by itself", [&] { return service.stopped(); });
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(handler_test, leaves_nothing_behind_when_the_loop_is_destroyed_under_it) {
    nats_server_options quiet;
    quiet.jetstream = false;
    nats_server server(quiet);
    micro::service_config config;
    config.name = "S";
    config.version = "1.0.0";
    const auto alive = std::make_shared<int>(0);
    {
        asio::io_context loop(1);
        micro::service service(config);
        service.endpoint("never", [alive](micro::request req) -> asio::awaitable<void> {
            const gate closed(co_await asio::this_coro::executor);
            co_await closed.pass();
            req.respond("never");
        });
        asio::co_spawn(
            loop,
            [](micro::service* started, nats::options opts) -> asio::awaitable<void> {
                const auto connection = co_await nats::connection::connect(std::move(opts));
                co_await started->start(connection);
            }(&service, options_for(server)),
            asio::detached);
        raw_client caller(server.port());
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (service.stats().endpoints.at(0).in_flight == 0 && std::chrono::steady_clock::now() < deadline) {
            caller.publish("never", "x", {}, "_INBOX.nobody");
            loop.run_for(10ms);
        }
        EXPECT_GT(service.stats().endpoints.at(0).in_flight, 0U);
    }
    EXPECT_EQ(alive.use_count(), 1) << "the handler is still kept by somebody";
}

TEST_F(handler_test, answers_fails_and_ends_on_any_thread) {
    nats_server_options quiet;
    quiet.jetstream = false;
    nats_server server(quiet);
    constexpr int requests = 300;
    std::mutex mutex;
    std::vector<micro::request> taken;
    hosted_service host(options_for(server), [&](const nats::connection&) {
        micro::service_config config;
        config.name = "S";
        config.version = "1.0.0";
        auto service = std::make_unique<micro::service>(config);
        service->endpoint("away", [&](micro::request& req) {
            const std::lock_guard lock(mutex);
            taken.push_back(std::move(req));
        });
        return service;
    });
    raw_client caller(server.port());
    const auto sid = caller.subscribe("answers.*");
    for (int i = 0; i < requests; ++i) caller.publish("away", std::to_string(i), {}, "answers." + std::to_string(i));
    for (int i = 0; i < requests; ++i) caller.publish("away", "no reply");
    caller.flush();

    const auto take = [&]() -> std::optional<micro::request> {
        const std::lock_guard lock(mutex);
        if (taken.empty()) return std::nullopt;
        std::optional<micro::request> one(std::move(taken.back()));
        taken.pop_back();
        return one;
    };
    std::atomic<int> ended = 0;
    const auto work = [&] {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (ended < 2 * requests && std::chrono::steady_clock::now() < deadline) {
            auto one = take();
            if (!one) continue;
            const auto number = ++ended;
            auto mine = std::move(*one);
            if (number % 3 == 0) mine.respond_error(418, "teapot");
            if (number % 3 == 1) mine.respond(mine.data());
        }
    };
    std::thread other(work);
    work();
    other.join();
    EXPECT_EQ(ended, 2 * requests);

    for (int i = 0; i < requests; ++i) caller.read_frame();
    host.await(host.connection().flush());
    const auto stats = host.on_loop([&] { return host.service().stats().endpoints.at(0); });
    EXPECT_EQ(stats.requests, 2U * requests);
    EXPECT_EQ(stats.in_flight, 0U);
    EXPECT_GE(stats.errors, 2U * requests / 3);
    EXPECT_GT(stats.unanswered, 0U);
}

}  // namespace
}  // namespace mote::test
