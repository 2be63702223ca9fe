// Endpoints that go while others stay, health, what a stop could not finish, one instance alone, many endpoints.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

#include <boost/json.hpp>

#include <map>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using lifecycle_test = micro_test;

void answer_ok(micro::request& req) { req.respond("ok"); }

asio::awaitable<boost::system::error_code> code_of(asio::awaitable<void> work) {
    try {
        co_await std::move(work);
    } catch (const boost::system::system_error& failed) {
        co_return failed.code();
    }
    co_return boost::system::error_code();
}

asio::awaitable<bool> nobody_answers(nats::connection caller, std::string subject) {
    try {
        co_await caller.request(subject, "");
    } catch (const boost::system::system_error& failed) {
        co_return failed.code() == nats::errc::no_responders;
    }
    co_return false;
}

TEST_F(lifecycle_test, one_endpoint_goes_when_its_calls_have_ended_while_the_others_serve) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("stays", answer_ok);
        service.endpoint("goes", [open_later](micro::request req) -> asio::awaitable<void> {
            co_await open_later.pass();
            req.respond("done");
        });
        co_await service.start(here.connection);
        answer last;
        asio::co_spawn(here.caller.executor(), ask(here.caller, "goes"),
                       [&](const std::exception_ptr&, const answer& got) { last = got; });
        co_await eventually("it is in flight", [&] { return service.stats().endpoints.at(1).in_flight == 1; });
        bool removed = false;
        asio::co_spawn(here.connection.executor(), service.remove("goes"),
                       [&](const std::exception_ptr& failed) { removed = failed == nullptr; });
        co_await eventually("it is gone from INFO", [&] { return service.info().endpoints.size() == 1; });
        const auto stays = co_await ask(here.caller, "stays");
        EXPECT_EQ(stays, body("ok"));
        EXPECT_FALSE(removed);
        open_later.open();
        co_await eventually("it is removed", [&] { return removed; });
        co_await eventually("its call is answered", [&] { return last == body("done"); });
        const auto nobody = co_await nobody_answers(here.caller, "goes");
        EXPECT_TRUE(nobody);
        // The name is free again.
        service.endpoint("goes", answer_ok);
        co_await here.connection.flush();
        const auto again = co_await ask(here.caller, "goes");
        EXPECT_EQ(again, body("ok"));
    });
}

TEST_F(lifecycle_test, removing_says_what_cannot_be_removed_and_what_does_not_end) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("hangs", [never](micro::request req) -> asio::awaitable<void> {
            co_await never.pass();
            req.respond("late");
        });
        co_await service.start(here.connection);
        const auto unknown = co_await code_of(service.remove("other"));
        EXPECT_EQ(unknown, micro::errc::unknown_endpoint);
        here.caller.publish("hangs", "");
        co_await eventually("it hangs", [&] { return service.stats().endpoints.at(0).in_flight == 1; });
        const auto hangs = co_await code_of(service.remove("hangs", 50ms));
        EXPECT_EQ(hangs, micro::errc::drain_timeout);
        EXPECT_TRUE(service.info().endpoints.empty());
        never.open();
    });
}

/// A service whose endpoints answer `done` when the gate opens, and what their callers got.
struct gated_service {
    gate at;
    micro::service service;
    std::map<std::string, answer> answers{};

    explicit gated_service(world& here) : at(here.connection.executor()), service(here.config()) {
        for (const auto* const name : {"a", "b", "c"})
            service.endpoint(name, [at = at](micro::request req) -> asio::awaitable<void> {
                co_await at.pass();
                req.respond("done");
            });
    }

    asio::awaitable<void> ask_in_flight(world& here, std::string name, std::size_t index) {
        asio::co_spawn(here.caller.executor(), ask(here.caller, name),
                       [this, name](const std::exception_ptr&, const answer& got) { answers[name] = got; });
        co_await eventually("it is in flight", [&] { return service.stats().endpoints.at(index).in_flight == 1; });
    }
};

TEST_F(lifecycle_test, endpoints_may_be_removed_while_the_service_stops) {
    in_world([](world& here) -> asio::awaitable<void> {
        gated_service some(here);
        co_await some.service.start(here.connection);
        co_await some.ask_in_flight(here, "a", 0);
        co_await some.ask_in_flight(here, "c", 2);
        const auto stopped = start(here.connection, some.service.stop());
        co_await eventually("it stops", [&] { return some.service.health().reason == "stopping"; });
        co_await here.connection.flush();  // it waits for its calls now
        co_await some.service.remove("b");
        const auto removed = start(here.connection, some.service.remove("c"));
        const auto also_removed = start(here.connection, some.service.remove("a"));
        asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
        co_await timer.async_wait(asio::use_awaitable);
        EXPECT_FALSE(stopped->ended || removed->ended || also_removed->ended);
        some.at.open();
        co_await eventually("all has ended", [&] { return stopped->ended && removed->ended && also_removed->ended; });
        EXPECT_FALSE(stopped->seen.code || removed->seen.code) << stopped->seen.text << removed->seen.text;
        co_await eventually("both are answered", [&] { return some.answers.size() == 2; });
        EXPECT_EQ(some.answers["a"], body("done"));
        EXPECT_EQ(some.answers["c"], body("done"));
    });
}

TEST_F(lifecycle_test, a_stop_waits_for_calls_of_what_is_being_removed_or_was_and_did_not_end) {
    in_world([](world& here) -> asio::awaitable<void> {
        gated_service some(here);
        co_await some.service.start(here.connection);
        co_await some.ask_in_flight(here, "a", 0);
        co_await some.ask_in_flight(here, "b", 1);
        const auto too_short = co_await code_of(some.service.remove("a", 50ms));
        EXPECT_EQ(too_short, micro::errc::drain_timeout);
        const auto removed = start(here.connection, some.service.remove("b"));
        co_await eventually("it is gone from INFO", [&] { return some.service.info().endpoints.size() == 1; });
        const auto stopped = start(here.connection, some.service.stop());
        asio::steady_timer timer(co_await asio::this_coro::executor, 100ms);
        co_await timer.async_wait(asio::use_awaitable);
        EXPECT_FALSE(stopped->ended);
        some.at.open();
        co_await eventually("it has stopped", [&] { return stopped->ended && removed->ended; });
        EXPECT_FALSE(stopped->seen.code || removed->seen.code) << stopped->seen.text << removed->seen.text;
        here.connection.close();  // what was answered is with the server
        co_await eventually("both are answered", [&] { return some.answers.size() == 2; });
        EXPECT_EQ(some.answers["a"], body("done"));
        EXPECT_EQ(some.answers["b"], body("done"));
    });
}

TEST_F(lifecycle_test, a_stop_that_times_out_names_what_was_removed_too) {
    in_world([](world& here) -> asio::awaitable<void> {
        gated_service some(here);
        co_await some.service.start(here.connection);
        co_await some.ask_in_flight(here, "a", 0);
        const auto removed = start(here.connection, some.service.remove("a"));
        const auto stopped = co_await failure_of(some.service.stop(200ms));
        EXPECT_EQ(stopped.code, micro::errc::drain_timeout);
        EXPECT_NE(stopped.text.find("Test: 1 of a"), std::string::npos) << stopped.text;
        some.at.open();
        co_await eventually("it is removed", [&] { return removed->ended; });
        EXPECT_FALSE(removed->seen.code) << removed->seen.text;
    });
}

TEST_F(lifecycle_test, a_stop_that_times_out_says_what_was_still_going_on_and_refuses_who_waits) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate never(here.connection.executor());
        micro::service service(here.config("Orders"));
        micro::endpoint_options opts;
        opts.max_in_flight = 1;
        service.endpoint("hangs", [never](micro::request) -> asio::awaitable<void> { co_await never.pass(); }, opts);
        service.endpoint("idle", answer_ok);
        co_await service.start(here.connection);
        here.caller.publish("hangs", "");
        answer waiting;
        asio::co_spawn(here.caller.executor(), ask(here.caller, "hangs"),
                       [&](const std::exception_ptr&, const answer& got) { waiting = got; });
        co_await eventually("one waits", [&] { return service.stats().endpoints.at(0).waiting == 1; });
        try {
            co_await service.stop(1s);
            ADD_FAILURE() << "stopped";
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), micro::errc::drain_timeout);
            EXPECT_NE(std::string(failed.what()).find("Orders: 2 of hangs"), std::string::npos) << failed.what();
        }
        co_await eventually("who waited is told", [&] { return waiting.status == 503; });
        EXPECT_EQ(waiting.description, "the endpoint is stopping");
        EXPECT_EQ(*here.done, 1);
        never.open();
    });
}

TEST_F(lifecycle_test, health_follows_the_service_its_connection_and_its_endpoints) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("e", answer_ok);
        EXPECT_FALSE(service.health().ready);
        EXPECT_EQ(service.health().reason, "not started");
        co_await service.start(here.connection);
        EXPECT_TRUE(service.health().ready) << service.health().reason;
        here.server.kill();
        co_await eventually("it is not ready", [&] { return !service.health().ready; });
        EXPECT_EQ(service.health().reason, "not connected to a server");
        here.server.restart();
        co_await eventually("it is ready again", [&] { return service.health().ready; });
        co_await service.stop();
        EXPECT_EQ(service.health().reason, "stopping");
    });
}

// ---- one instance alone

TEST_F(lifecycle_test, each_instance_serves_its_endpoints_on_a_subject_of_its_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service first(here.config());
        micro::service second(here.config());
        first.endpoint("who", [](micro::request& req) { req.respond("first"); });
        second.endpoint("who", [](micro::request& req) { req.respond("second"); });
        first.group("g").endpoint("waits", [](micro::request req) -> asio::awaitable<void> {
            req.respond("waited");
            co_return;
        });
        co_await first.start(here.connection);
        co_await second.start(here.connection);
        for (int i = 0; i < 5; ++i) {
            const auto one = co_await ask(here.caller, "_MOTE." + first.id() + ".who");
            EXPECT_EQ(one, body("first"));
            const auto two = co_await ask(here.caller, "_MOTE." + second.id() + ".who");
            EXPECT_EQ(two, body("second"));
        }
        const auto waited = co_await ask(here.caller, "_MOTE." + first.id() + ".waits");
        EXPECT_EQ(waited, body("waited"));
        const auto missing = co_await ask(here.caller, "_MOTE." + first.id() + ".other");
        EXPECT_EQ(missing, (answer{404, "no endpoint of that name", ""}));
        EXPECT_EQ(first.stats().endpoints.at(0).requests, 5U);
        co_await first.stop();
        const auto nobody = co_await nobody_answers(here.caller, "_MOTE." + first.id() + ".who");
        EXPECT_TRUE(nobody);
    });
}

TEST_F(lifecycle_test, keys_of_the_library_are_refused_in_metadata) {
    micro::service_config config;
    config.name = "Test";
    config.version = "1.0.0";
    config.metadata = {{"mote.direct", "mine"}};
    EXPECT_THROW(micro::service{config}, boost::system::system_error);
    config.metadata.clear();
    micro::service service(config);
    micro::endpoint_options opts;
    opts.metadata = {{"mote.request.schema", "{}"}};
    EXPECT_THROW(service.endpoint("e", answer_ok, opts), boost::system::system_error);
}

// ---- many endpoints

TEST_F(lifecycle_test, ten_thousand_endpoints_are_served_and_told_in_pages) {
    in_world([](world& here) -> asio::awaitable<void> {
        constexpr std::size_t count = 10000;
        micro::service service(here.config("Many"));
        for (std::size_t i = 0; i < count; ++i) {
            micro::endpoint_options opts;
            opts.subject = "many.subjects.with.names.so.long.that.it.does.not.fit." + std::to_string(i);
            service.endpoint("endpoint-" + std::to_string(i), answer_ok, opts);
        }
        const auto begin = std::chrono::steady_clock::now();
        co_await service.start(here.connection);
        RecordProperty("start_ms", std::to_string((std::chrono::steady_clock::now() - begin) / 1ms));
        const auto last = co_await ask(here.caller, "many.subjects.with.names.so.long.that.it.does.not.fit.9999");
        EXPECT_EQ(last, body("ok"));

        // More than max_payload: an error that says how to ask, and the connection stays.
        const auto whole = co_await ask(here.caller, "$SRV.INFO.Many");
        EXPECT_EQ(whole.status, 413);
        EXPECT_NE(whole.description.find("max_payload"), std::string::npos) << whole;
        EXPECT_EQ(boost::json::value_to<std::string>(boost::json::parse(whole.body).at("id")), service.id());
        const auto page = co_await ask(here.caller, "$SRV.INFO.Many", R"({"offset":9990,"limit":100})");
        EXPECT_EQ(page.status, 0) << page;
        EXPECT_EQ(boost::json::parse(page.body).at("endpoints").as_array().size(), 10U);
        const auto stats = co_await ask(here.caller, "$SRV.STATS.Many", R"({"offset":20000})");
        EXPECT_TRUE(boost::json::parse(stats.body).at("endpoints").as_array().empty());

        // Our own client asks for the pages by itself.
        micro::discovery others(here.caller);
        micro::discovery_options only;
        only.name = "Many";
        only.timeout = 1min;
        const auto infos = co_await others.info(only);
        EXPECT_EQ(infos.size(), 1U);
        if (infos.size() == 1) {
            EXPECT_EQ(infos[0].id, service.id());
            EXPECT_EQ(infos[0].endpoints.size(), count);
            EXPECT_EQ(infos[0].endpoints.back().name, "endpoint-9999");
        }
        const auto counted = co_await others.stats(only);
        EXPECT_EQ(counted.size(), 1U);
        if (counted.size() == 1) {
            EXPECT_EQ(counted[0].endpoints.size(), count);
            EXPECT_EQ(counted[0].endpoints.back().requests, 1U);
        }
        EXPECT_EQ(others.unreadable(), 0U);

        const auto still = co_await ask(here.caller, "many.subjects.with.names.so.long.that.it.does.not.fit.0");
        EXPECT_EQ(still, body("ok"));
        co_await service.stop();
    });
}

}  // namespace
}  // namespace mote::test
