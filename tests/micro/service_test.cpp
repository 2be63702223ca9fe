// A service from its description to discovery: what it says of itself, when it can be reached, several on one
// connection.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

const auto echo = [](micro::request& req) { req.respond(req.data()); };

using service_test = micro_test;

TEST_F(service_test, answers_as_soon_as_start_has_returned) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", echo);
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "echo", "hello");
        EXPECT_EQ(got, body("hello"));
        EXPECT_FALSE(service.stopped());
    });
}

TEST_F(service_test, says_of_itself_what_it_was_told) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config("Full");
        config.version = "1.2.3-rc.1+build.5";
        config.description = "all of it";
        config.metadata = {{"owner", "lab"}};
        micro::service service(config);
        micro::endpoint_options opts;
        opts.subject = "custom.subject.>";
        opts.queue_group = "mine";
        opts.metadata = {{"format", "application/json"}, {"empty", ""}};
        service.endpoint("custom", echo, opts);
        co_await service.start(here.connection);

        micro::discovery others(here.caller);
        const auto found = co_await others.info();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        const auto& info = found.front();
        EXPECT_EQ(info.name, "Full");
        EXPECT_EQ(info.id, service.id());
        EXPECT_EQ(info.id.size(), 22U);
        EXPECT_EQ(info.version, "1.2.3-rc.1+build.5");
        EXPECT_EQ(info.description, "all of it");
        config.metadata["mote.direct"] = "_MOTE." + service.id();
        EXPECT_EQ(info.metadata, config.metadata);
        EXPECT_EQ(info.endpoints.size(), 1U);
        EXPECT_EQ(info.endpoints.at(0).name, "custom");
        EXPECT_EQ(info.endpoints.at(0).subject, "custom.subject.>");
        EXPECT_EQ(info.endpoints.at(0).queue_group, "mine");
        EXPECT_EQ(info.endpoints.at(0).metadata, opts.metadata);
    });
}

TEST_F(service_test, keeps_metadata_as_it_was_when_it_was_made) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.metadata = {{"k", "before"}};
        micro::endpoint_options opts;
        opts.metadata = {{"e", "before"}};
        micro::service service(config);
        service.endpoint("echo", echo, opts);
        config.metadata["k"] = "after";
        opts.metadata["e"] = "after";
        auto copy = service.info();
        copy.metadata["k"] = "after";
        EXPECT_EQ(service.info().metadata.at("k"), "before");
        EXPECT_EQ(service.info().endpoints.at(0).metadata.at("e"), "before");
        co_return;
    });
}

TEST_F(service_test, lists_endpoints_in_the_order_they_were_added_even_the_same_twice) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        for (const auto* const name : {"b", "a", "b"}) service.endpoint(name, echo);
        co_await service.start(here.connection);
        std::string names;
        for (const auto& endpoint : service.info().endpoints) names += endpoint.name;
        EXPECT_EQ(names, "bab");
        const auto got = co_await ask(here.caller, "b", "one of the two");
        EXPECT_EQ(got, body("one of the two"));
    });
}

TEST_F(service_test, passes_a_wildcard_subject_on_literally) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.subject = "get.*";
        service.endpoint("get", [](micro::request& req) { req.respond(req.subject()); }, opts);
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "get.1234");
        EXPECT_EQ(got, body("get.1234"));
    });
}

TEST_F(service_test, takes_an_endpoint_after_the_start_which_a_flush_makes_known) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        co_await service.start(here.connection);
        service.endpoint("late", echo);
        service.group("g").endpoint("later", echo);
        co_await here.connection.flush();
        const auto late = co_await ask(here.caller, "late", "1");
        const auto later = co_await ask(here.caller, "g.later", "2");
        EXPECT_EQ(late, body("1"));
        EXPECT_EQ(later, body("2"));
        EXPECT_EQ(service.info().endpoints.size(), 2U);
    });
}

TEST_F(service_test, shares_its_connection_with_others_that_stop_alone) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service one(here.config("One"));
        micro::service two(here.config("Two"));
        one.endpoint("one", echo);
        two.endpoint("two", echo);
        co_await one.start(here.connection);
        co_await two.start(here.connection);
        EXPECT_NE(one.id(), two.id());
        micro::discovery others(here.caller);
        const auto both = co_await others.ping();
        EXPECT_EQ(both.size(), 2U);

        co_await one.stop();
        const auto gone = co_await failure_of(ask(here.caller, "one"));
        EXPECT_EQ(gone.code, nats::errc::no_responders);
        const auto got = co_await ask(here.caller, "two", "still here");
        EXPECT_EQ(got, body("still here"));
    });
}

TEST_F(service_test, cannot_be_started_twice) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        co_await service.start(here.connection);
        const auto again = co_await failure_of(service.start(here.connection));
        EXPECT_EQ(again.code, micro::errc::stopped);
        EXPECT_TRUE(contains(again.text, "Test was started before"));
    });
}

TEST_F(service_test, can_be_started_again_after_a_start_that_failed) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", echo);
        auto closed = co_await connect_to(here.server);
        closed.close();
        const auto failed = co_await failure_of(service.start(closed));
        EXPECT_EQ(failed.code, nats::errc::closed);
        EXPECT_FALSE(service.stopped());
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "echo", "at last");
        EXPECT_EQ(got, body("at last"));
    });
}

TEST_F(service_test, is_gone_at_once_when_it_is_destroyed) {
    in_world([](world& here) -> asio::awaitable<void> {
        {
            micro::service service(here.config());
            service.endpoint("echo", echo);
            co_await service.start(here.connection);
        }
        co_await here.connection.flush();
        const auto gone = co_await failure_of(ask(here.caller, "echo"));
        EXPECT_EQ(gone.code, nats::errc::no_responders);
        EXPECT_EQ(*here.done, 0) << "on_done belongs to a service that has stopped";
    });
}

asio::awaitable<void> start_and_destroy(nats_server* server, std::optional<micro::endpoint_group>* group) {
    const auto connection = co_await connect_to(*server);
    micro::service_config config;
    config.name = "S";
    config.version = "1.0.0";
    micro::service service(std::move(config));
    service.endpoint("echo", echo);
    service.endpoint("coroutine", [](micro::request) -> asio::awaitable<void> { co_return; });
    group->emplace(service.group("g"));
    co_await service.start(connection);
}

TEST_F(service_test, lets_its_connection_go_when_it_is_destroyed) {
    nats_server_options quiet;
    quiet.jetstream = false;
    nats_server server(quiet);
    std::optional<micro::endpoint_group> group;  // all that is left of the service
    asio::io_context loop(1);
    asio::co_spawn(loop, start_and_destroy(&server, &group), asio::detached);
    loop.run_for(20s);
    EXPECT_TRUE(loop.stopped()) << "the connection is still open";
}

TEST_F(service_test, refuses_endpoints_of_a_group_that_outlives_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto service = std::make_unique<micro::service>(here.config());
        auto group = service->group("g");
        co_await service->start(here.connection);
        service.reset();
        EXPECT_EQ(failure_at_once([&] { group.endpoint("e", echo); }).code, micro::errc::stopped);
    });
}

TEST_F(service_test, survives_being_moved_while_it_runs) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service first(here.config());
        first.endpoint("echo", echo);
        co_await first.start(here.connection);
        const micro::service second(std::move(first));
        const auto got = co_await ask(here.caller, "echo", "moved");
        EXPECT_EQ(got, body("moved"));
    });
}

TEST_F(service_test, reports_a_subject_that_the_server_refuses_and_serves_the_others) {
    nats_server_options options;
    options.config =
        "authorization { users = [ { user: s, password: p, permissions: { subscribe: { deny: [\"secret.>\"] } } },\n"
        "{ user: all, password: p } ] }\n";
    options.user = "";
    options.jetstream = false;
    nats_server server(options);
    run([](nats_server& on) -> asio::awaitable<void> {
        auto opts = options_for(on);
        opts.user = "s";
        opts.password = "p";
        const auto connection = co_await nats::connection::connect(opts);
        opts.user = "all";
        const auto caller = co_await nats::connection::connect(opts);
        world here{on, connection, caller};
        micro::service service(here.config());
        service.endpoint("open", echo);
        micro::endpoint_options secret;
        secret.subject = "secret.one";
        service.endpoint("denied", echo, secret);
        co_await service.start(connection);

        EXPECT_EQ(here.failures->size(), 1U);
        EXPECT_EQ(here.failures->at(0).endpoint, "denied");
        EXPECT_EQ(here.failures->at(0).subject, "secret.one");
        EXPECT_TRUE(contains(here.failures->at(0).error, "Permissions Violation")) << here.failures->at(0).error;
        const auto stats = service.stats();
        EXPECT_EQ(stats.endpoints.at(1).errors, 1U);
        EXPECT_TRUE(contains(stats.endpoints.at(1).last_error, "Permissions Violation"));
        EXPECT_EQ(stats.endpoints.at(0).errors, 0U);
        const auto got = co_await ask(caller, "open", "yes");
        EXPECT_EQ(got, body("yes"));
        co_await service.stop();
        connection.close();
        caller.close();
    }(server));
}

}  // namespace
}  // namespace mote::test
