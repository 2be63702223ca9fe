// A lost server: services come back by themselves, with their counters.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using reconnect_test = micro_test;

TEST_F(reconnect_test, brings_services_back_with_their_counters) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        service.endpoint("fail", [](micro::request& req) { req.respond_error(400, "bad"); });
        co_await service.start(here.connection);
        co_await ask(here.caller, "echo", "1");
        co_await ask(here.caller, "fail", "1");
        const auto before = service.stats();

        here.server.kill();
        here.server.restart();
        co_await wait_reconnected(here.connection, 1);
        co_await wait_reconnected(here.caller, 1);

        const auto got = co_await ask(here.caller, "echo", "2");
        EXPECT_EQ(got, body("2"));
        micro::discovery others(here.caller);
        const auto found = co_await others.stats();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        EXPECT_EQ(found[0].id, service.id());
        EXPECT_EQ(found[0].started, before.started);
        EXPECT_EQ(found[0].endpoints.at(0).requests, 2U);
        EXPECT_EQ(found[0].endpoints.at(1).last_error, "400:bad");
        EXPECT_EQ(found[0].endpoints.at(0).queue_group, "q");
        EXPECT_FALSE(service.stopped());
        EXPECT_EQ(*here.done, 0);
    });
}

TEST_F(reconnect_test, subscribes_what_was_added_while_the_server_was_away) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        co_await service.start(here.connection);
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.connection.status() == nats::connection_status::reconnecting; });
        service.endpoint("late", [](micro::request& req) { req.respond(req.data()); });
        here.server.restart();
        co_await wait_reconnected(here.connection, 1);
        co_await wait_reconnected(here.caller, 1);
        const auto got = co_await ask(here.caller, "late", "x");
        EXPECT_EQ(got, body("x"));
    });
}

TEST_F(reconnect_test, sends_the_answers_of_calls_that_were_going_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("slow", [open_later](micro::request req) -> asio::awaitable<void> {
            co_await open_later.pass();
            req.respond("kept");
        });
        co_await service.start(here.connection);
        std::vector<std::string> answers;
        const auto inbox = here.caller.subscribe(
            "answers", [&](const nats::message_view& came) { answers.emplace_back(came.payload); });
        co_await here.caller.flush();
        here.caller.publish("slow", "answers", "", {});
        co_await eventually("it is in flight", [&] { return service.stats().endpoints.at(0).in_flight == 1; });
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.connection.status() == nats::connection_status::reconnecting; });
        here.server.restart();
        co_await wait_reconnected(here.caller, 1);
        open_later.open();
        co_await eventually("the answer has come", [&] { return answers.size() == 1; });
        EXPECT_EQ(answers.front(), "kept");
    });
}

TEST_F(reconnect_test, lets_a_start_wait_for_a_server_that_comes_back) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.connection.status() == nats::connection_status::reconnecting; });
        std::optional<failure> started;
        asio::co_spawn(here.connection.executor(), failure_of(service.start(here.connection)),
                       [&](const std::exception_ptr&, const failure& how) { started = how; });
        here.server.restart();
        co_await eventually("it has started", [&] { return started.has_value(); });
        EXPECT_FALSE(started->code) << started->text;
        co_await wait_reconnected(here.caller, 1);
        const auto got = co_await ask(here.caller, "echo", "x");
        EXPECT_EQ(got, body("x"));
    });
}

}  // namespace
}  // namespace mote::test
