// Stopping: nothing that was taken is lost, nothing waits for ever, whoever calls it, however often.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using stop_test = micro_test;

/// A service with an endpoint `slow` that waits at a gate, an inline `echo`, and so many calls in flight.
struct busy_service {
    gate at;
    micro::service service;
    std::shared_ptr<std::vector<answer>> answers = std::make_shared<std::vector<answer>>();

    busy_service(world& here, micro::service_config config)
        : at(here.connection.executor()), service(std::move(config)) {
        service.endpoint("slow", [at = at](micro::request req) -> asio::awaitable<void> {
            co_await at.pass();
            req.respond(req.data());
        });
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
    }

    asio::awaitable<void> start(world& here, std::size_t calls) {
        co_await service.start(here.connection);
        for (std::size_t i = 0; i < calls; ++i)
            asio::co_spawn(here.caller.executor(), ask(here.caller, "slow", std::to_string(i)),
                           [noted = answers](const std::exception_ptr& failed, const answer& got) {
                               if (!failed) noted->push_back(got);
                           });
        co_await eventually("all are in flight", [&] { return service.stats().endpoints.at(0).in_flight == calls; });
    }
};

/// Starts a coroutine and notes its end.
std::shared_ptr<std::optional<failure>> begin(world& here, asio::awaitable<void> work) {
    const auto end = std::make_shared<std::optional<failure>>();
    asio::co_spawn(here.connection.executor(), failure_of(std::move(work)),
                   [end](const std::exception_ptr&, const failure& how) { *end = how; });
    return end;
}

TEST_F(stop_test, answers_what_is_in_flight_and_then_leaves_discovery) {
    in_world([](world& here) -> asio::awaitable<void> {
        busy_service busy(here, here.config());
        co_await busy.start(here, 3);
        const auto stopped = begin(here, busy.service.stop());
        co_await eventually("it takes no more", [&] {
            return failure_at_once([&] { busy.service.endpoint("x", [](micro::event&) {}); }).code ==
                   micro::errc::stopped;
        });
        co_await here.connection.flush();

        const auto refused = co_await failure_of(ask(here.caller, "echo"));
        EXPECT_EQ(refused.code, nats::errc::no_responders);
        micro::discovery others(here.caller);
        const auto seen = co_await others.ping();
        EXPECT_EQ(seen.size(), 1U) << "it can be seen as long as it works";
        EXPECT_FALSE(*stopped);
        EXPECT_EQ(*here.done, 0);

        busy.at.open();
        co_await eventually("it has stopped", [&] { return stopped->has_value(); });
        EXPECT_FALSE((*stopped)->code) << (*stopped)->text;
        EXPECT_TRUE(busy.service.stopped());
        EXPECT_EQ(*here.done, 1);
        co_await eventually("all are answered", [&] { return busy.answers->size() == 3; });
        EXPECT_EQ(busy.answers->at(0), body("0"));
        const auto gone = co_await others.ping();
        EXPECT_TRUE(gone.empty());
        EXPECT_EQ(here.connection.status(), nats::connection_status::connected);
    });
}

TEST_F(stop_test, handles_what_the_server_had_sent_before) {
    in_world([](world& here) -> asio::awaitable<void> {
        constexpr int count = 2000;
        int handled = 0;
        micro::service service(here.config());
        service.endpoint("e", [&handled](micro::event&) { ++handled; });
        co_await service.start(here.connection);
        for (int i = 0; i < count; ++i) here.caller.publish("e", "x");
        co_await here.caller.flush();  // the server has them all, the service maybe not
        co_await service.stop();
        EXPECT_EQ(handled, count);
    });
}

TEST_F(stop_test, keeps_what_it_knew_for_who_asks_later) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        co_await ask(here.caller, "echo");
        co_await service.stop();
        EXPECT_EQ(service.stats().endpoints.at(0).requests, 1U);
        EXPECT_EQ(service.info().endpoints.size(), 1U);
    });
}

TEST_F(stop_test, refuses_endpoints_and_starts_afterwards) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        auto group = service.group("g");
        co_await service.start(here.connection);
        co_await service.stop();
        const auto late = failure_at_once([&] { group.endpoint("late", [](micro::request&) {}); });
        EXPECT_EQ(late.code, micro::errc::stopped);
        const auto again = co_await failure_of(service.start(here.connection));
        EXPECT_EQ(again.code, micro::errc::stopped);
    });
}

TEST_F(stop_test, of_a_service_that_never_started_only_ends_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        co_await service.stop();
        EXPECT_TRUE(service.stopped());
        EXPECT_EQ(*here.done, 0);
        const auto late = co_await failure_of(service.start(here.connection));
        EXPECT_EQ(late.code, micro::errc::stopped);
    });
}

TEST_F(stop_test, twice_does_nothing_more) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        co_await service.start(here.connection);
        co_await service.stop();
        co_await service.stop();
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(stop_test, from_several_at_once_ends_for_all_together) {
    in_world([](world& here) -> asio::awaitable<void> {
        busy_service busy(here, here.config());
        co_await busy.start(here, 1);
        const auto first = begin(here, busy.service.stop());
        const auto second = begin(here, busy.service.stop());
        const auto third = begin(here, busy.service.stop());
        const auto impatient = begin(here, busy.service.stop(1ms));
        co_await eventually("the impatient one gave up", [&] { return impatient->has_value(); });
        EXPECT_EQ((*impatient)->code, micro::errc::drain_timeout);
        EXPECT_FALSE(*first);
        EXPECT_FALSE(*second);
        busy.at.open();
        co_await eventually("all have ended", [&] { return *first && *second && *third; });
        EXPECT_FALSE((*first)->code);
        EXPECT_FALSE((*second)->code);
        EXPECT_FALSE((*third)->code);
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(stop_test, can_be_spawned_by_a_handler_whose_answer_still_goes_out) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        std::shared_ptr<std::optional<failure>> stopped;
        service.endpoint("quit", [&](micro::request& req) {
            stopped = begin(here, service.stop());
            req.respond("bye");
        });
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "quit");
        EXPECT_EQ(got, body("bye"));
        co_await eventually("it has stopped", [&] { return stopped->has_value(); });
        EXPECT_FALSE((*stopped)->code);
    });
}

TEST_F(stop_test, gives_up_at_the_deadline_and_has_stopped_even_then) {
    in_world([](world& here) -> asio::awaitable<void> {
        busy_service busy(here, here.config());
        co_await busy.start(here, 1);
        const auto failed = co_await failure_of(busy.service.stop(20ms));
        EXPECT_EQ(failed.code, micro::errc::drain_timeout);
        EXPECT_TRUE(busy.service.stopped());
        EXPECT_EQ(*here.done, 1);
        busy.at.open();
        co_await eventually("the late answer still goes out", [&] { return busy.answers->size() == 1; });
        EXPECT_EQ(busy.answers->at(0), body("0"));
    });
}

TEST_F(stop_test, waits_for_nothing_when_it_is_idle_and_the_server_is_away) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.connection.status() == nats::connection_status::reconnecting; });
        co_await service.stop(1h);
        EXPECT_TRUE(service.stopped());
        EXPECT_EQ(*here.done, 1);
        here.server.restart();
        co_await wait_reconnected(here.caller, 1);
        co_await wait_reconnected(here.connection, 1);
        const auto gone = co_await failure_of(ask(here.caller, "echo"));
        EXPECT_EQ(gone.code, nats::errc::no_responders) << "the new link knows nothing of it";
    });
}

TEST_F(stop_test, waits_for_a_server_that_is_away_while_answers_are_not_sent) {
    in_world([](world& here) -> asio::awaitable<void> {
        busy_service busy(here, here.config());
        co_await busy.start(here, 1);
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.connection.status() == nats::connection_status::reconnecting; });
        const auto stopped = begin(here, busy.service.stop(1h));
        busy.at.open();
        co_await eventually("the call has ended", [&] { return busy.service.stats().endpoints.at(0).in_flight == 0; });
        EXPECT_FALSE(*stopped);
        here.server.restart();
        co_await eventually("it has stopped", [&] { return stopped->has_value(); });
        EXPECT_FALSE((*stopped)->code) << (*stopped)->text;
    });
}

TEST_F(stop_test, says_when_answers_could_not_be_sent) {
    in_world([](world& here) -> asio::awaitable<void> {
        busy_service busy(here, here.config());
        co_await busy.start(here, 1);
        here.server.kill();
        co_await eventually("the link is lost",
                            [&] { return here.connection.status() == nats::connection_status::reconnecting; });
        busy.at.open();
        const auto failed = co_await failure_of(busy.service.stop(50ms));
        EXPECT_EQ(failed.code, micro::errc::drain_timeout);
        EXPECT_TRUE(contains(failed.text, "the server is away")) << failed.text;
        EXPECT_TRUE(busy.service.stopped());
        here.server.restart();
    });
}

TEST_F(stop_test, happens_by_itself_when_the_connection_is_closed) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        here.connection.close();
        co_await eventually("it has stopped", [&] { return service.stopped(); });
        EXPECT_EQ(*here.done, 1);
        co_await service.stop();
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(stop_test, happens_by_itself_when_the_connection_is_drained) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        co_await here.connection.drain();
        co_await eventually("it has stopped", [&] { return service.stopped(); });
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(stop_test, on_a_closed_connection_waits_for_the_handlers_and_is_no_failure) {
    in_world([](world& here) -> asio::awaitable<void> {
        busy_service busy(here, here.config());
        co_await busy.start(here, 1);
        here.connection.close();
        const auto stopped = begin(here, busy.service.stop());
        co_await eventually("it is stopping", [&] {
            return failure_at_once([&] { busy.service.endpoint("x", [](micro::event&) {}); }).code ==
                   micro::errc::stopped;
        });
        EXPECT_FALSE(*stopped);
        busy.at.open();
        co_await eventually("it has stopped", [&] { return stopped->has_value(); });
        EXPECT_FALSE((*stopped)->code) << (*stopped)->text;
        EXPECT_EQ(*here.done, 1);
    });
}

TEST_F(stop_test, survives_what_on_done_throws) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.on_done = [] { throw std::runtime_error("done and done"); };
        micro::service service(config);
        co_await service.start(here.connection);
        co_await service.stop();
        EXPECT_TRUE(service.stopped());
        EXPECT_EQ(here.failures->size(), 1U);
        EXPECT_EQ(here.failures->at(0).cause, "done and done");
    });
}

TEST_F(stop_test, goes_on_when_the_service_is_destroyed_meanwhile) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto busy = std::make_unique<busy_service>(here, here.config());
        co_await busy->start(here, 0);
        const auto stopped = begin(here, busy->service.stop());
        busy.reset();
        co_await eventually("it has ended", [&] { return stopped->has_value(); });
        EXPECT_FALSE((*stopped)->code) << (*stopped)->text;
    });
}

}  // namespace
}  // namespace mote::test
