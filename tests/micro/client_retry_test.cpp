// Calls that are made more than once: because nobody was there, or because the reply is slow.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/detail/hedge.hpp>
#include <mote/micro/detail/latency_histogram.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_retry_test = micro_test;

micro::call_options idempotent() {
    micro::call_options opts;
    opts.idempotent = true;
    opts.backoff = 1ms;
    return opts;
}

asio::awaitable<void> expect_reply(asio::awaitable<nats::message> call, std::string expected) {
    const auto reply = co_await std::move(call);
    EXPECT_EQ(reply.payload(), expected);
}

// ---- nobody is there

TEST_F(client_retry_test, waits_for_a_service_that_restarts) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller, quick_lookup());
        auto opts = idempotent();
        opts.max_tries = 1'000'000;
        opts.timeout = 20s;
        const auto asked = start(here.caller, expect_reply(client.call("S", "echo", "x", opts), "a:x"));
        co_await turn();
        EXPECT_FALSE(asked->ended);
        const fake_instance one(here.connection, instance_info("a"));
        const bool ended = co_await ends(asked);
        EXPECT_TRUE(ended);
        EXPECT_EQ(asked->seen.code, boost::system::error_code()) << asked->seen.text;
    });
}

TEST_F(client_retry_test, gives_up_after_so_many_tries) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller, quick_lookup());
        auto opts = idempotent();
        opts.timeout = 1h;
        opts.max_tries = 3;
        const auto failed = co_await failure_of(client.call("S", "echo", "x", opts));
        EXPECT_EQ(failed.code, micro::errc::not_found);
        const auto nobody = co_await failure_of(client.call_subject("s.echo", "x", opts));
        EXPECT_EQ(nobody.code, nats::errc::no_responders);
    });
}

TEST_F(client_retry_test, does_not_start_a_pause_that_ends_too_late) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller, quick_lookup());
        auto opts = idempotent();
        opts.timeout = 10s;
        opts.backoff = 1h;  // taken for 2 s
        opts.max_tries = 1'000'000;
        opts.deadline = std::chrono::steady_clock::now() + 900ms;
        const auto failed = co_await failure_of(client.call_subject("s.echo", "x", opts));
        EXPECT_EQ(failed.code, nats::errc::no_responders);
    });
}

TEST_F(client_retry_test, asks_again_when_the_endpoint_has_no_listener_for_a_while) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto info = instance_info("a");
        info.endpoints.clear();
        fake_instance one(here.connection, info);
        one.says(instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        auto opts = idempotent();
        opts.max_tries = 1'000'000;
        opts.timeout = 20s;
        const auto asked = start(here.caller, expect_reply(client.call("S", "echo", "x", opts), "late"));
        co_await eventually("it was asked", [&] { return one.asked_for_info() >= 3; });
        EXPECT_FALSE(asked->ended);
        const auto listener = here.connection.subscribe(
            "s.echo", [nc = here.connection](const nats::message_view& message) { nc.respond(message, "late"); });
        const bool ended = co_await ends(asked);
        EXPECT_TRUE(ended);
        EXPECT_EQ(asked->seen.code, boost::system::error_code()) << asked->seen.text;
    });
}

TEST_F(client_retry_test, does_not_repeat_a_call_that_was_answered_with_an_error_or_not_at_all) {
    in_world([](world& here) -> asio::awaitable<void> {
        int asked = 0;
        micro::service service(here.config("S"));
        service.endpoint("fail", [&asked](micro::request& req) {
            ++asked;
            req.respond_error(503, "busy");
        });
        co_await service.start(here.connection);
        int ignored = 0;
        const auto mute = here.connection.subscribe("mute", [&ignored](const nats::message_view&) { ++ignored; });
        co_await here.connection.flush();
        const micro::client client(here.caller);
        const auto failed = co_await failure_of(client.call("S", "fail", "x", idempotent()));
        EXPECT_EQ(failed.code, micro::errc::service_error);
        EXPECT_EQ(asked, 1);
        auto opts = idempotent();
        opts.timeout = 50ms;
        const auto late = co_await failure_of(client.call_subject("mute", "x", opts));
        EXPECT_EQ(late.code, nats::errc::timeout);
        EXPECT_EQ(ignored, 1);
    });
}

// ---- hedging

/// Answers only from its second question on.
fake_instance::handler all_but_the_first(const std::shared_ptr<int>& asked) {
    return [asked](const nats::connection& nc, const nats::message_view& message) {
        if (++*asked > 1) nc.respond(message, std::to_string(*asked));
    };
}

TEST_F(client_retry_test, hedges_after_a_fixed_delay) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto asked = std::make_shared<int>(0);
        const fake_instance one(here.connection, instance_info("a"), all_but_the_first(asked));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        auto opts = idempotent();
        opts.timeout = 20s;
        opts.hedge = 10ms;
        const auto reply = co_await client.call("S", "echo", "x", opts);
        EXPECT_EQ(reply.payload(), "2");
        *asked = 0;
        const auto by_subject = co_await client.call_subject("s.echo", "x", opts);
        EXPECT_EQ(by_subject.payload(), "2");
    });
}

TEST_F(client_retry_test, asks_once_when_the_reply_comes_before_the_delay) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        auto opts = idempotent();
        opts.timeout = 20s;
        opts.hedge = 15s;
        co_await expect_reply(client.call("S", "echo", "x", opts), "a:x");
        EXPECT_EQ(one.asked(), 1);
    });
}

TEST_F(client_retry_test, hedges_after_what_most_replies_took_once_that_is_known) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = std::make_shared<bool>(false);
        const fake_instance one(here.connection, instance_info("a"),
                                [mute](const nats::connection& nc, const nats::message_view& message) {
                                    if (!*mute) nc.respond(message, "ok");
                                    *mute = false;
                                });
        co_await here.connection.flush();
        const micro::client client(here.caller);
        auto opts = idempotent();
        opts.timeout = 50ms;
        opts.hedge = true;
        *mute = true;
        const auto unknown = co_await failure_of(client.call("S", "echo", "x", opts));
        EXPECT_EQ(unknown.code, nats::errc::timeout) << "there was nothing to go by";
        opts.timeout = 20s;
        opts.hedge = false;
        for (int i = 0; i < 20; ++i) co_await expect_reply(client.call("S", "echo", "x", opts), "ok");
        opts.hedge = true;
        *mute = true;
        co_await expect_reply(client.call("S", "echo", "x", opts), "ok");
        EXPECT_EQ(one.asked(), 23);
    });
}

TEST_F(client_retry_test, takes_an_error_of_the_service_for_the_reply) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("S"));
        service.endpoint("fail", [](micro::request& req) { req.respond_error(400, "bad"); });
        co_await service.start(here.connection);
        const micro::client client(here.caller);
        auto opts = idempotent();
        opts.timeout = 20s;
        opts.hedge = 15s;
        const auto failed = co_await failure_of(client.call("S", "fail", "x", opts));
        EXPECT_EQ(failed.code, micro::errc::service_error);
    });
}

TEST_F(client_retry_test, hedges_only_what_may_be_done_twice) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        micro::call_options opts;
        opts.hedge = true;
        const auto failed = co_await failure_of(client.call("S", "echo", "x", opts));
        EXPECT_EQ(failed.code, micro::errc::bad_call);
        EXPECT_TRUE(contains(failed.text, "idempotent")) << failed.text;
    });
}

TEST_F(client_retry_test, asks_another_instance_the_second_time) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = [](const nats::connection&, const nats::message_view&) {};
        const fake_instance slow(here.connection, direct_info("slow", "2.0.0"), mute);
        const fake_instance fast(here.connection, direct_info("fast", "2.1.0"));
        const fake_instance old(here.connection, direct_info("old", "1.0.0"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        auto opts = idempotent();
        opts.timeout = 20s;
        opts.version = "^2";
        opts.hedge = 5ms;
        for (int i = 0; i < 6; ++i) co_await expect_reply(client.call("S", "echo", "x", opts), "fast:x");
        EXPECT_GE(slow.asked(), 1);
        EXPECT_EQ(old.asked(), 0);
    });
}

// ---- the race by itself

asio::awaitable<nats::message> fails_with(boost::system::error_code code, std::chrono::nanoseconds after) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(after);
    co_await timer.async_wait(asio::use_awaitable);
    throw boost::system::system_error(code);
}

asio::awaitable<nats::message> replies(std::chrono::nanoseconds after, std::shared_ptr<bool> given_up = {}) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(after);
    try {
        co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        if (given_up) *given_up = true;
        throw;
    }
    co_return nats::message();
}

TEST(micro_hedge, throws_what_became_of_the_first_when_neither_is_answered) {
    run([]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        const std::function<asio::awaitable<nats::message>()> again = [] {
            return fails_with(nats::errc::no_responders, 1ms);
        };
        const auto failed =
            co_await failure_of(micro::detail::hedged(executor, fails_with(nats::errc::timeout, 30ms), 1ms, again));
        EXPECT_EQ(failed.code, nats::errc::timeout);
    }());
}

TEST(micro_hedge, does_not_ask_again_when_the_first_failed_at_once) {
    run([]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        const auto asked = std::make_shared<bool>(false);
        const std::function<asio::awaitable<nats::message>()> again = [asked] {
            *asked = true;
            return replies(0ms);
        };
        const auto failed = co_await failure_of(
            micro::detail::hedged(executor, fails_with(nats::errc::no_responders, 0ms), 15s, again));
        EXPECT_EQ(failed.code, nats::errc::no_responders);
        EXPECT_FALSE(*asked);
    }());
}

TEST(micro_hedge, waits_for_the_first_when_the_second_fails_or_cannot_be_asked) {
    run([]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        const std::function<asio::awaitable<nats::message>()> fails = [] {
            return fails_with(nats::errc::no_responders, 0ms);
        };
        const std::function<asio::awaitable<nats::message>()> refused = []() -> asio::awaitable<nats::message> {
            nats::throw_error(nats::errc::outbound_buffer_full);
        };
        const auto first = co_await failure_of(micro::detail::hedged(executor, replies(30ms), 1ms, fails));
        const auto second = co_await failure_of(micro::detail::hedged(executor, replies(30ms), 1ms, refused));
        EXPECT_EQ(first.code, boost::system::error_code());
        EXPECT_EQ(second.code, boost::system::error_code());
    }());
}

TEST(micro_hedge, gives_up_the_question_that_lost) {
    run([]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        const auto given_up = std::make_shared<bool>(false);
        const std::function<asio::awaitable<nats::message>()> again = [] { return replies(0ms); };
        co_await micro::detail::hedged(executor, replies(1h, given_up), 1ms, again);
        co_await eventually("the first is given up", [&] { return *given_up; });
    }());
}

// ---- latencies

TEST(micro_latency, says_nothing_before_there_are_enough) {
    micro::detail::latency_histogram recent;
    for (int i = 0; i < 19; ++i) recent.add(1ms);
    EXPECT_FALSE(recent.percentile(95));
    recent.add(1ms);
    EXPECT_TRUE(recent.percentile(95));
}

TEST(micro_latency, is_never_below_the_percentile_and_at_most_a_quarter_above) {
    for (const std::chrono::nanoseconds latency : {10'000ns, 123'456ns, 1'000'000ns, 250'000'000ns, 5'000'000'000ns}) {
        micro::detail::latency_histogram recent;
        for (int i = 0; i < 100; ++i) recent.add(latency);
        EXPECT_GT(*recent.percentile(95), latency);
        EXPECT_LT(*recent.percentile(95), latency + latency / 4 + 1024ns) << latency.count();
    }
}

TEST(micro_latency, leaves_the_slowest_out) {
    micro::detail::latency_histogram recent;
    for (int i = 0; i < 96; ++i) recent.add(1ms);
    for (int i = 0; i < 4; ++i) recent.add(10s);
    EXPECT_LT(*recent.percentile(95), 2ms);
    EXPECT_GT(*recent.percentile(99), 9s);
}

TEST(micro_latency, forgets_what_was_long_ago) {
    micro::detail::latency_histogram recent;
    for (int i = 0; i < 1000; ++i) recent.add(10s);
    for (int i = 0; i < 20'000; ++i) recent.add(1ms);
    EXPECT_LT(*recent.percentile(95), 2ms);
}

TEST(micro_latency, takes_any_time) {
    micro::detail::latency_histogram recent;
    for (int i = 0; i < 10; ++i) recent.add(-5ns);
    for (int i = 0; i < 10; ++i) recent.add(std::chrono::nanoseconds::max());
    EXPECT_LE(*recent.percentile(50), 2us);
    EXPECT_GT(*recent.percentile(95), 1h);
}

}  // namespace
}  // namespace mote::test
