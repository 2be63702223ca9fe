// Which services ask an endpoint: told by `within`, counted by who is asked (docs/protocol.md, "Who calls").

#include <tests/micro/works.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/within.hpp>

namespace mote::test {
namespace {

using counts = std::map<std::string, std::uint64_t, std::less<>>;

class callers : public work_test {};

asio::awaitable<void> ask_for(micro::client client, std::string service, std::string endpoint, micro::request req) {
    const auto opts = micro::within(req);
    const auto told = co_await client.call(service, endpoint, std::string(req.data()), opts);
    req.respond(told.payload());
}

micro::service back(const world& here) {
    micro::service service(here.config("Back"));
    service.endpoint("tell", [](micro::request& req) { req.respond("told"); });
    return service;
}

asio::awaitable<void> ask_as(nats::connection caller, std::string subject, std::string name) {
    nats::request_options opts;
    opts.headers.add("Mote-Caller", name);
    co_await caller.request(subject, "", opts);
}

TEST_F(callers, are_counted_by_their_names_and_told_in_statistics) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            const micro::client client(here.connection);
            auto asked = back(here);
            micro::service front(here.config("Front"));
            front.endpoint("ask",
                           [client](micro::request req) { return ask_for(client, "Back", "tell", std::move(req)); });
            co_await asked.start(here.connection);
            co_await front.start(here.connection);
            co_await here.caller.request("ask", "");
            co_await here.caller.request("ask", "");
            co_await here.caller.request("tell", "");

            micro::discovery_options only;
            only.name = "Back";
            const auto told = co_await micro::discovery(here.caller).stats(only);
            EXPECT_EQ(told.size(), 1U);
            if (told.size() != 1) co_return;
            EXPECT_EQ(told[0].endpoints.at(0).requests, 3U);
            const counts expected{{"Front", 2}};
            EXPECT_EQ(told[0].endpoints.at(0).callers, expected) << "who does not say its name is not counted";
            asked.reset();
            EXPECT_TRUE(asked.stats().endpoints.at(0).callers.empty());
            EXPECT_TRUE(front.stats().endpoints.at(0).callers.empty());
        },
        false);
}

TEST_F(callers, of_work_are_counted_once_however_often_it_is_tried) {
    in_world([](world& here) -> asio::awaitable<void> {
        const micro::client client(here.connection);
        int tries = 0;
        micro::service jobs(here.config("Jobs"));
        jobs.work("do", quick(), [&tries](micro::event&) {
            if (++tries == 1) throw micro::retry_later{1ms};
        });
        micro::service front(here.config("Front"));
        front.endpoint("ask", [client](micro::request req) { return ask_for(client, "Jobs", "do", std::move(req)); });
        co_await jobs.start(here.connection);
        co_await front.start(here.connection);
        co_await here.caller.request("ask", "");
        co_await eventually("two tries", [&] { return tries == 2; });
        const counts expected{{"Front", 1}};
        EXPECT_EQ(stats_of(jobs).callers, expected);
    });
}

TEST_F(callers, are_at_most_64_names_and_the_rest) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            auto asked = back(here);
            co_await asked.start(here.connection);
            for (int at = 0; at < 70; ++at) co_await ask_as(here.caller, "tell", "Caller" + std::to_string(at));
            co_await ask_as(here.caller, "tell", "Caller0");
            const auto seen = stats_of(asked).callers;
            EXPECT_EQ(seen.size(), 65U);
            EXPECT_EQ(seen.at("*"), 6U);
            EXPECT_EQ(seen.at("Caller0"), 2U) << "one that is known goes on being counted";
            micro::discovery_options only;
            only.name = "Back";
            const auto told = co_await micro::discovery(here.caller).stats(only);
            EXPECT_EQ(told.at(0).endpoints.at(0).callers, seen) << "all of them go over the wire";
        },
        false);
}

TEST_F(callers, that_cannot_be_services_are_not_counted) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            auto asked = back(here);
            co_await asked.start(here.connection);
            const std::vector<std::string> bad{"", "a b", "*", "a.b", "\x1b[2J", std::string(129, 'a')};
            for (const auto& name : bad) co_await ask_as(here.caller, "tell", name);
            EXPECT_EQ(stats_of(asked).requests, 6U);
            EXPECT_TRUE(stats_of(asked).callers.empty());
        },
        false);
}

TEST_F(callers, name_that_is_set_already_is_kept) {
    in_world(
        [](world& here) -> asio::awaitable<void> {
            micro::service front(here.config("Front"));
            std::vector<std::string> names;
            front.endpoint("ask", [&names](micro::request& req) {
                micro::call_options opts;
                names.emplace_back(micro::within(req, opts).headers.get("Mote-Caller").value_or("none"));
                opts.headers = {{"Mote-Caller", "Mine"}};
                names.emplace_back(micro::within(req, opts).headers.get("Mote-Caller").value_or("none"));
                req.respond("");
            });
            co_await front.start(here.connection);
            co_await here.caller.request("ask", "");
            const std::vector<std::string> expected{"Front", "Mine"};
            EXPECT_EQ(names, expected);
        },
        false);
}

}  // namespace
}  // namespace mote::test
