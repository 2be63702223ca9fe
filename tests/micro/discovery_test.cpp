// Asking what services are there: whoever wrote them, however many, in bounded time.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

using discovery_test = micro_test;

std::unique_ptr<micro::service> named_service(world& here, std::string name) {
    auto service = std::make_unique<micro::service>(here.config(std::move(name)));
    service->endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
    return service;
}

/// Plays an implementation that answers a verb with these texts.
nats::subscription answers_with(world& here, std::string subject, std::vector<std::string> texts) {
    return here.connection.subscribe(subject, [connection = here.connection, texts](const nats::message_view& asked) {
        for (const auto& text : texts) connection.respond(asked, text);
    });
}

TEST_F(discovery_test, finds_nobody_at_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::discovery others(here.caller);
        micro::discovery_options opts;
        opts.timeout = 1h;
        const auto pings = co_await others.ping(opts);
        const auto infos = co_await others.info(opts);
        const auto stats = co_await others.stats(opts);
        EXPECT_TRUE(pings.empty());
        EXPECT_TRUE(infos.empty());
        EXPECT_TRUE(stats.empty());
        EXPECT_EQ(others.unreadable(), 0U);
    });
}

TEST_F(discovery_test, collects_every_instance_and_measures_the_way) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto one = named_service(here, "One");
        const auto two = named_service(here, "Two");
        const auto also_two = named_service(here, "Two");
        co_await one->start(here.connection);
        co_await two->start(here.connection);
        co_await also_two->start(here.connection);
        micro::discovery others(here.caller);
        micro::discovery_options opts;
        opts.timeout = 1h;  // the stall ends it
        const auto pings = co_await others.ping(opts);
        std::set<std::string> ids;
        for (const auto& ping : pings) {
            ids.insert(ping.service.id);
            EXPECT_EQ(ping.service.version, "1.0.0");
            EXPECT_TRUE(ping.service.endpoints.empty());
            EXPECT_GT(ping.rtt, 0ns);
            EXPECT_LT(ping.rtt, 10s);
        }
        EXPECT_EQ(ids, (std::set{one->id(), two->id(), also_two->id()}));
    });
}

TEST_F(discovery_test, counts_one_that_is_too_large_even_in_pages_and_goes_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto one = named_service(here, "One");
        co_await one->start(here.connection);
        int asked_for_pages = 0;
        const auto refuse = [&here, &asked_for_pages](const nats::message_view& asked) {
            if (!asked.payload.empty()) ++asked_for_pages;
            nats::headers headers{{"Nats-Service-Error", "too large"}, {"Nats-Service-Error-Code", "413"}};
            here.connection.respond(asked, R"({"name":"Huge","id":"H1","version":"1.0.0"})", &headers);
        };
        const auto all = here.connection.subscribe("$SRV.INFO", refuse);
        const auto own = here.connection.subscribe("$SRV.INFO.Huge.H1", refuse);
        co_await here.connection.flush();
        micro::discovery others(here.caller);
        const auto infos = co_await others.info();
        EXPECT_EQ(infos.size(), 1U);
        EXPECT_EQ(others.unreadable(), 1U);
        EXPECT_EQ(asked_for_pages, 9) << "256, 128, ..., 1";
    });
}

TEST_F(discovery_test, takes_a_page_of_another_size_for_the_whole) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto refuse = [&here](const nats::message_view& asked) {
            nats::headers headers{{"Nats-Service-Error-Code", "413"}};
            here.connection.respond(asked, R"({"name":"Huge","id":"H1","version":"1.0.0"})", &headers);
        };
        const auto answer = [&here](const nats::message_view& asked) {
            here.connection.respond(asked, R"({"name":"Huge","id":"H1","version":"1.0.0","endpoints":[{"name":"e"}]})");
        };
        const auto all = here.connection.subscribe("$SRV.INFO", refuse);
        const auto own = here.connection.subscribe("$SRV.INFO.Huge.H1", answer);
        co_await here.connection.flush();
        micro::discovery others(here.caller);
        const auto infos = co_await others.info();
        EXPECT_EQ(infos.size(), 1U);
        if (infos.empty()) co_return;
        EXPECT_EQ(infos[0].endpoints.size(), 1U);
    });
}

TEST_F(discovery_test, asks_one_service_or_one_instance) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto one = named_service(here, "One");
        const auto two = named_service(here, "Two");
        const auto also_two = named_service(here, "Two");
        co_await one->start(here.connection);
        co_await two->start(here.connection);
        co_await also_two->start(here.connection);
        micro::discovery others(here.caller);
        micro::discovery_options opts;
        opts.name = "Two";
        const auto of_name = co_await others.info(opts);
        EXPECT_EQ(of_name.size(), 2U);
        opts.id = also_two->id();
        opts.timeout = 1h;
        opts.stall = 1h;  // the first reply ends it
        const auto info = co_await others.info(opts);
        const auto stats = co_await others.stats(opts);
        const auto ping = co_await others.ping(opts);
        EXPECT_EQ(info.size(), 1U);
        EXPECT_EQ(stats.size(), 1U);
        EXPECT_EQ(ping.size(), 1U);
        if (info.empty() || stats.empty() || ping.empty()) co_return;
        EXPECT_EQ(info[0].id, also_two->id());
        EXPECT_EQ(info[0].endpoints.at(0).name, "echo");
        EXPECT_EQ(stats[0].id, also_two->id());
        EXPECT_EQ(ping[0].service.id, also_two->id());
    });
}

TEST_F(discovery_test, ends_after_so_many_replies) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto one = named_service(here, "S");
        const auto two = named_service(here, "S");
        co_await one->start(here.connection);
        co_await two->start(here.connection);
        micro::discovery others(here.caller);
        micro::discovery_options opts;
        opts.max_replies = 1;
        opts.timeout = 1h;
        opts.stall = 1h;
        const auto found = co_await others.stats(opts);
        EXPECT_EQ(found.size(), 1U);
    });
}

TEST_F(discovery_test, ends_when_the_time_is_over) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = here.connection.subscribe("$SRV.PING", [](const nats::message_view&) {});
        co_await here.connection.flush();
        micro::discovery others(here.caller);
        micro::discovery_options opts;
        opts.timeout = 20ms;
        const auto found = co_await others.ping(opts);
        EXPECT_TRUE(found.empty());
    });
}

TEST_F(discovery_test, leaves_out_and_counts_what_cannot_be_read) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto odd = answers_with(here, "$SRV.INFO",
                                      {"not json", R"({"name":"x"})", R"({"name":"Odd","id":"1","endpoints":5})",
                                       R"({"name":"Other","id":"2","metadata":null,"endpoints":[{"name":"e"}]})"});
        const auto ours = named_service(here, "Ours");
        co_await ours->start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.info();
        std::set<std::string> names;
        for (const auto& info : found) names.insert(info.name);
        EXPECT_EQ(names, (std::set<std::string>{"Other", "Ours"}));
        EXPECT_EQ(others.unreadable(), 3U);
    });
}

TEST_F(discovery_test, ends_early_although_many_replies_are_unreadable) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto odd = answers_with(here, "$SRV.PING", {"nonsense"});
        co_await here.connection.flush();
        micro::discovery others(here.caller);
        micro::discovery_options opts;
        opts.timeout = 1h;
        const auto found = co_await others.ping(opts);
        EXPECT_TRUE(found.empty());
        EXPECT_EQ(others.unreadable(), 1U);
    });
}

TEST_F(discovery_test, refuses_names_and_ids_that_cannot_be_one) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::discovery others(here.caller);
        const std::vector<std::pair<std::string, std::string>> bad{{"a.b", ""},  {"*", ""},  {">", ""},  {"a b", ""},
                                                                   {"S", "a.b"}, {"S", "*"}, {"S", ">"}, {"", "id"}};
        for (const auto& [name, id] : bad) {
            micro::discovery_options opts;
            opts.name = name;
            opts.id = id;
            const auto failed = co_await failure_of(others.info(opts));
            EXPECT_EQ(failed.code, micro::errc::bad_name) << name << ' ' << id;
        }
    });
}

TEST_F(discovery_test, throws_when_the_connection_is_closed) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::discovery others(here.caller);
        here.caller.close();
        const auto failed = co_await failure_of(others.info());
        EXPECT_EQ(failed.code, nats::errc::closed);
    });
}

TEST_F(discovery_test, is_answered_whatever_a_control_request_carries) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto service = named_service(here, "Test");
        co_await service->start(here.connection);
        nats::request_options opts;
        opts.headers = {{"X", "y"}};
        const std::vector<std::string> subjects{"$SRV.PING", "$SRV.PING.Test", "$SRV.PING.Test." + service->id()};
        for (const auto& subject : subjects) {
            const auto reply = co_await here.caller.request(subject, "some payload", opts);
            EXPECT_TRUE(contains(std::string(reply.payload()), service->id())) << subject;
            EXPECT_TRUE(reply.headers().empty()) << subject;
        }
        for (const std::string subject : {"$SRV.PING.test", "$SRV.PING.Test.NOSUCHID", "$SRV.SCHEMA"}) {
            const auto failed = co_await failure_of(here.caller.request(subject, ""));
            EXPECT_EQ(failed.code, nats::errc::no_responders) << subject;
        }
    });
}

TEST_F(discovery_test, is_not_disturbed_by_a_control_message_without_a_reply_subject) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto service = named_service(here, "Test");
        co_await service->start(here.connection);
        for (const auto* const subject : {"$SRV.PING", "$SRV.INFO", "$SRV.STATS"}) here.caller.publish(subject, "");
        here.caller.publish("$SRV.PING.Test." + service->id(), "");
        micro::discovery others(here.caller);
        const auto found = co_await others.info();
        EXPECT_EQ(found.size(), 1U);
        EXPECT_TRUE(here.failures->empty());
    });
}

}  // namespace
}  // namespace mote::test
