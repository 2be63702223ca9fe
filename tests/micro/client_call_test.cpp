// Calls by the names of a service and of its endpoint.

#include <tests/micro/fake_instance.hpp>

#include <mote/micro/deadline.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using client_call_test = micro_test;

asio::awaitable<std::string> body_of(asio::awaitable<nats::message> call) {
    const auto reply = co_await std::move(call);
    co_return std::string(reply.payload());
}

/// Calls `echo` of S.
asio::awaitable<std::string> ask_echo(micro::client client, std::string payload = "x",
                                      micro::call_options opts = micro::call_options()) {
    return body_of(client.call("S", "echo", std::move(payload), std::move(opts)));
}

asio::awaitable<failure> failed_call(micro::client client, std::string service, std::string endpoint,
                                     micro::call_options opts = micro::call_options()) {
    return failure_of(client.call(std::move(service), std::move(endpoint), "x", std::move(opts)));
}

TEST_F(client_call_test, needs_no_subject) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Orders"));
        service.group("orders.v1").endpoint("price", [](micro::request& req) {
            req.respond(req.data(), {{"X", "1"}});
        });
        co_await service.start(here.connection);
        const micro::client client(here.caller);
        const auto reply = co_await client.call("Orders", "price", "42");
        EXPECT_EQ(reply.payload(), "42");
        EXPECT_EQ(reply.headers().get("X"), "1");
    });
}

TEST_F(client_call_test, remembers_where_an_endpoint_is) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        for (const std::string text : {"1", "2", "3"}) {
            const auto got = co_await ask_echo(client, text);
            EXPECT_EQ(got, "a:" + text);
        }
        EXPECT_EQ(one.asked_for_info(), 1);
        EXPECT_EQ(one.asked(), 3);
    });
}

TEST_F(client_call_test, does_not_wait_for_further_instances) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        micro::client_options slow;
        slow.lookup_stall = 1h;
        slow.lookup_timeout = 1h;
        const micro::client client(here.caller, slow);
        const auto got = co_await ask_echo(client);
        EXPECT_EQ(got, "a:x");
    });
}

TEST_F(client_call_test, looks_once_for_many_calls_at_the_same_time) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        int answered = 0;
        for (int i = 0; i < 50; ++i)
            asio::co_spawn(here.caller.executor(), ask_echo(client),
                           [&](const std::exception_ptr& failed, const std::string& text) {
                               if (!failed && text == "a:x") ++answered;
                           });
        co_await eventually("all are answered", [&] { return answered == 50; });
        EXPECT_EQ(one.asked_for_info(), 1);
    });
}

TEST_F(client_call_test, looks_again_when_what_it_knows_is_old) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        auto opts = quick_lookup();
        opts.max_age = 0ns;
        const micro::client client(here.caller, opts);
        co_await ask_echo(client);
        co_await ask_echo(client);
        EXPECT_EQ(one.asked_for_info(), 2);
    });
}

TEST_F(client_call_test, looks_again_in_the_background_from_half_of_the_age_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        auto opts = quick_lookup();
        opts.max_age = 400ms;
        const micro::client client(here.caller, opts);
        co_await ask_echo(client);
        for (int calls = 0; one.asked_for_info() < 2 && calls < 10'000; ++calls) co_await ask_echo(client);
        EXPECT_GE(one.asked_for_info(), 2);
    });
}

TEST_F(client_call_test, follows_a_service_that_listens_elsewhere_now) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto before = std::make_unique<fake_instance>(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        co_await ask_echo(client);
        before.reset();
        auto moved = instance_info("b");
        moved.endpoints[0].subject = "elsewhere.echo";
        const fake_instance after(here.connection, moved);
        co_await here.connection.flush();
        const auto got = co_await ask_echo(client);
        EXPECT_EQ(got, "b:x");
    });
}

TEST_F(client_call_test, asks_only_once_at_the_same_place_when_nobody_is_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto info = instance_info("a");
        info.endpoints.clear();
        fake_instance one(here.connection, info);
        one.says(instance_info("a"));  // but nobody listens there
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto failed = co_await failed_call(client, "S", "echo");
        EXPECT_EQ(failed.code, nats::errc::no_responders);
        EXPECT_TRUE(contains(failed.text, "s.echo")) << failed.text;
    });
}

TEST_F(client_call_test, names_the_service_that_is_not_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        micro::call_options patient;
        patient.timeout = 1h;
        const auto failed = co_await failed_call(client, "Nobody", "echo", patient);
        EXPECT_EQ(failed.code, micro::errc::not_found);
        EXPECT_TRUE(contains(failed.text, "\"Nobody\"")) << failed.text;
    });
}

TEST_F(client_call_test, finds_a_service_that_came_after_it_was_missed) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        const auto failed = co_await failed_call(client, "S", "echo");
        EXPECT_EQ(failed.code, micro::errc::not_found);
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const auto got = co_await ask_echo(client);
        EXPECT_EQ(got, "a:x");
    });
}

TEST_F(client_call_test, names_the_endpoints_that_there_are) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto info = instance_info("a");
        info.endpoints.push_back({"other", "s.other", "q", {}});
        const fake_instance one(here.connection, info);
        co_await here.connection.flush();
        const micro::client client(here.caller, quick_lookup());
        const auto failed = co_await failed_call(client, "S", "price");
        EXPECT_EQ(failed.code, micro::errc::not_found);
        EXPECT_TRUE(contains(failed.text, "no endpoint \"price\"; it has echo, other")) << failed.text;
    });
}

TEST_F(client_call_test, refuses_a_name_that_cannot_be_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        for (const std::string name : {"", "a.b", "*", "a b"}) {
            const auto failed = co_await failed_call(client, name, "echo");
            EXPECT_EQ(failed.code, micro::errc::bad_name) << name;
        }
    });
}

TEST_F(client_call_test, says_that_a_service_does_not_answer) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = here.connection.subscribe("$SRV.INFO.S", [](const nats::message_view&) {});
        const auto odd = here.connection.subscribe(
            "$SRV.INFO.Odd", [nc = here.connection](const nats::message_view& asked) { nc.respond(asked, "hello"); });
        co_await here.connection.flush();
        auto opts = quick_lookup();
        opts.lookup_timeout = 20ms;
        const micro::client client(here.caller, opts);
        const auto silent = co_await failed_call(client, "S", "echo");
        EXPECT_EQ(silent.code, micro::errc::not_found);
        EXPECT_TRUE(contains(silent.text, "did not answer to INFO")) << silent.text;
        const auto nonsense = co_await failed_call(client, "Odd", "echo");
        EXPECT_EQ(nonsense.code, micro::errc::not_found);
        EXPECT_TRUE(contains(nonsense.text, "no service replies")) << nonsense.text;
    });
}

TEST_F(client_call_test, throws_what_the_service_answered) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("S"));
        service.endpoint("fail", [](micro::request&) { throw micro::service_error(404, "no such post", "data"); });
        co_await service.start(here.connection);
        const micro::client client(here.caller);
        std::optional<answer> thrown;
        try {
            co_await client.call("S", "fail", "");
        } catch (const micro::service_error& error) {
            thrown = answer{error.status(), error.description(), error.data()};
        }
        EXPECT_EQ(thrown, (answer{404, "no such post", "data"}));
    });
}

// ---- wildcards

TEST_F(client_call_test, wants_the_subject_where_an_endpoint_has_wildcards) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto info = instance_info("a");
        info.endpoints[0].subject = "s.*.echo";
        const fake_instance one(here.connection, info);
        co_await here.connection.flush();
        const micro::client client(here.caller);
        const auto without = co_await failed_call(client, "S", "echo");
        EXPECT_EQ(without.code, micro::errc::needs_subject);
        EXPECT_TRUE(contains(without.text, "S/echo listens on s.*.echo")) << without.text;

        micro::call_options opts;
        opts.subject = "s.de.echo";
        const auto got = co_await ask_echo(client, "x", opts);
        EXPECT_EQ(got, "a:x");
        EXPECT_EQ(one.subjects(), (std::vector<std::string>{"s.de.echo"}));

        for (const std::string other : {"s.echo", "t.de.echo", "s.*.echo", "s..echo", "s.a b.echo"}) {
            opts.subject = other;
            const auto failed = co_await failed_call(client, "S", "echo", opts);
            EXPECT_EQ(failed.code, micro::errc::bad_call) << other;
        }
    });
}

// ---- time

TEST_F(client_call_test, tells_the_service_how_long_it_waits) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        micro::call_options opts;
        opts.timeout = 30s;
        opts.headers = {{"X", "1"}, {"Mote-Deadline-Ms", "7"}};
        co_await ask_echo(client, "x", opts);
        const nats::headers_view seen(one.last_headers());
        EXPECT_EQ(seen.get("X"), "1");
        EXPECT_EQ(seen.get_all("Mote-Deadline-Ms").size(), 1U);
        const auto left = micro::deadline_in(seen);
        EXPECT_TRUE(left && *left > 10s && *left <= 30s);

        opts.deadline = std::chrono::steady_clock::now() + 12s;
        co_await ask_echo(client, "x", opts);
        const auto less = micro::deadline_in(nats::headers_view(one.last_headers()));
        EXPECT_TRUE(less && *less > 1s && *less <= 12s);
    });
}

TEST_F(client_call_test, ends_when_the_time_is_over) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance mute(here.connection, instance_info("a"),
                                 [](const nats::connection&, const nats::message_view&) {});
        co_await here.connection.flush();
        const micro::client client(here.caller);
        micro::call_options opts;
        opts.timeout = 50ms;
        const auto late = co_await failed_call(client, "S", "echo", opts);
        EXPECT_EQ(late.code, nats::errc::timeout);
        opts.timeout = 1h;
        opts.deadline = std::chrono::steady_clock::now() + 30ms;
        const auto later = co_await failed_call(client, "S", "echo", opts);
        EXPECT_EQ(later.code, nats::errc::timeout);
        opts.deadline = std::chrono::steady_clock::now() - 1s;
        const auto asked = mute.asked();
        const auto too_late = co_await failed_call(client, "S", "echo", opts);
        EXPECT_EQ(too_late.code, nats::errc::timeout);
        EXPECT_EQ(mute.asked(), asked);
    });
}

TEST_F(client_call_test, counts_the_lookup_too) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = here.connection.subscribe("$SRV.INFO.S", [](const nats::message_view&) {});
        co_await here.connection.flush();
        micro::client_options slow;
        slow.lookup_timeout = 1h;
        const micro::client client(here.caller, slow);
        micro::call_options opts;
        opts.timeout = 30ms;
        const auto failed = co_await failed_call(client, "S", "echo", opts);
        EXPECT_EQ(failed.code, nats::errc::timeout);
        EXPECT_TRUE(contains(failed.text, "looking for service \"S\"")) << failed.text;
    });
}

TEST_F(client_call_test, throws_when_the_connection_is_closed) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        here.caller.close();
        const auto failed = co_await failed_call(client, "S", "echo");
        EXPECT_EQ(failed.code, nats::errc::closed);
        const auto subject = co_await failure_of(client.call_subject("s.echo", ""));
        EXPECT_EQ(subject.code, nats::errc::closed);
    });
}

TEST_F(client_call_test, goes_on_when_the_client_is_gone) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        auto client = std::make_unique<micro::client>(here.caller);
        auto asked = ask_echo(*client);
        client.reset();
        const auto got = co_await std::move(asked);
        EXPECT_EQ(got, "a:x");
    });
}

TEST_F(client_call_test, forgets_the_service_that_it_looked_up_longest_ago) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<std::unique_ptr<fake_instance>> services;
        for (const std::string name : {"A", "B", "C"}) {
            auto info = instance_info("id");
            info.name = name;
            info.endpoints[0].subject = name;
            services.push_back(std::make_unique<fake_instance>(here.connection, info));
        }
        co_await here.connection.flush();
        auto opts = quick_lookup();
        opts.lookup_stall = 1ms;
        opts.max_services = 2;
        const micro::client client(here.caller, opts);
        for (const std::string name : {"A", "B", "C"}) {
            co_await client.call(name, "echo", "");
            micro::call_options of_all;
            of_all.version = "*";  // waits until the lookup has ended
            co_await client.call(name, "echo", "", of_all);
        }
        const std::vector<int> before{services[0]->asked_for_info(), services[2]->asked_for_info()};
        co_await client.call("C", "echo", "");
        co_await client.call("A", "echo", "");
        EXPECT_EQ(services[2]->asked_for_info(), before[1]);
        EXPECT_EQ(services[0]->asked_for_info(), before[0] + 1);
    });
}

// ---- by subject

TEST_F(client_call_test, asks_a_subject_without_a_lookup) {
    in_world([](world& here) -> asio::awaitable<void> {
        const fake_instance one(here.connection, instance_info("a"));
        co_await here.connection.flush();
        const micro::client client(here.caller);
        const auto got = co_await body_of(client.call_subject("s.echo", "x"));
        EXPECT_EQ(got, "a:x");
        EXPECT_EQ(one.asked_for_info(), 0);
        EXPECT_TRUE(micro::deadline_in(nats::headers_view(one.last_headers())));
        const auto failed = co_await failure_of(client.call_subject("nobody", "x"));
        EXPECT_EQ(failed.code, nats::errc::no_responders);
    });
}

TEST_F(client_call_test, refuses_options_that_a_subject_has_no_use_for) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.caller);
        std::vector<micro::call_options> bad(5);
        bad[0].instance = "a";
        bad[1].version = "^1";
        bad[2].subject = "s";
        bad[3].idempotent = true;
        bad[3].hedge = true;
        bad[4].hedge = 1ms;
        for (const auto& opts : bad) {
            const auto failed = co_await failure_of(client.call_subject("s.echo", "", opts));
            EXPECT_EQ(failed.code, micro::errc::bad_call);
        }
    });
}

}  // namespace
}  // namespace mote::test
