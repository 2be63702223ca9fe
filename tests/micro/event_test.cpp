// Event endpoints: they only consume, so there is nothing to answer with.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>

#include <type_traits>

namespace mote::test {
namespace {

template <class T>
concept can_respond = requires(T& call) { call.respond("x"); };
static_assert(can_respond<micro::request>);
static_assert(!can_respond<micro::event>, "an event handler has nothing to respond with");

using event_test = micro_test;

TEST_F(event_test, takes_what_is_published) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<std::string> seen;
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("inline", [&seen](micro::event& event) {
            seen.push_back(std::string(event.subject()) + "=" + std::string(event.data()) +
                           std::string(event.headers().get("X").value_or("")));
        });
        service.endpoint("coroutine", [&seen, open_later](micro::event event) -> asio::awaitable<void> {
            co_await open_later.pass();
            seen.push_back(std::string(event.subject()) + "=" + std::string(event.data()));
        });
        co_await service.start(here.connection);
        here.caller.publish("inline", "1", {{"X", "h"}});
        here.caller.publish("coroutine", "2");
        co_await eventually("the inline one ran", [&] { return seen.size() == 1; });
        open_later.open();
        co_await eventually("both ran", [&] { return seen.size() == 2; });
        EXPECT_EQ(seen, (std::vector<std::string>{"inline=1h", "coroutine=2"}));
        for (const auto& endpoint : service.stats().endpoints) {
            EXPECT_EQ(endpoint.requests, 1U);
            EXPECT_EQ(endpoint.errors, 0U);
            EXPECT_EQ(endpoint.unanswered, 0U) << "no answer is the normal case";
        }
    });
}

TEST_F(event_test, acknowledges_a_request_when_its_handler_has_ended) {
    in_world([](world& here) -> asio::awaitable<void> {
        const gate open_later(here.connection.executor());
        micro::service service(here.config());
        service.endpoint("inline", [](micro::event&) {});
        service.endpoint("coroutine",
                         [open_later](micro::event) -> asio::awaitable<void> { co_await open_later.pass(); });
        co_await service.start(here.connection);
        const auto at_once = co_await ask(here.caller, "inline", "x");
        EXPECT_EQ(at_once, body(""));
        std::optional<answer> got;
        asio::co_spawn(here.caller.executor(), ask(here.caller, "coroutine"),
                       [&](const std::exception_ptr&, const answer& came) { got = came; });
        co_await eventually("it is in flight", [&] { return service.stats().endpoints.at(1).in_flight == 1; });
        co_await here.connection.flush();
        EXPECT_FALSE(got) << "acknowledged before its handler has ended";
        open_later.open();
        co_await eventually("it is acknowledged", [&] { return got.has_value(); });
        EXPECT_EQ(*got, body(""));
    });
}

TEST_F(event_test, answers_a_request_with_the_error_that_it_threw) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("inline", [](micro::event&) { throw micro::service_error(422, "cannot use it", "why"); });
        service.endpoint("coroutine", [](micro::event) -> asio::awaitable<void> {
            throw std::runtime_error("a secret");
            co_return;
        });
        co_await service.start(here.connection);
        const auto known = co_await ask(here.caller, "inline");
        const auto unknown = co_await ask(here.caller, "coroutine");
        EXPECT_EQ(known, (answer{422, "cannot use it", "why"}));
        EXPECT_EQ(unknown, (answer{500, "internal error", ""}));
    });
}

TEST_F(event_test, counts_what_it_threw_when_nobody_asked) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("e", [](micro::event&) { throw micro::service_error(422, "cannot use it"); });
        co_await service.start(here.connection);
        here.caller.publish("e", "x");
        co_await eventually("it is handled", [&] { return service.stats().endpoints.at(0).requests == 1; });
        const auto stats = service.stats().endpoints.at(0);
        EXPECT_EQ(stats.errors, 1U);
        EXPECT_EQ(stats.last_error, "422:cannot use it");
        EXPECT_EQ(stats.unanswered, 0U);
    });
}

TEST_F(event_test, tells_its_kind_in_discovery) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.metadata = {{"own", "key"}};
        service.endpoint("e", [](micro::event&) {}, opts);
        service.endpoint("r", [](micro::request&) {}, opts);
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.info();
        EXPECT_EQ(found.size(), 1U);
        if (found.empty()) co_return;
        EXPECT_EQ(found[0].endpoints.at(0).metadata, (micro::metadata{{"mote.kind", "event"}, {"own", "key"}}));
        EXPECT_EQ(found[0].endpoints.at(1).metadata, (micro::metadata{{"own", "key"}}));
    });
}

}  // namespace
}  // namespace mote::test
