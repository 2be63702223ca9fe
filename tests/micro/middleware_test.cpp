// Callables around handlers: their order, what they may do, and where they do not fit.

#include <tests/micro/world.hpp>

#include <boost/describe.hpp>

#include <vector>

namespace mote::test {
namespace {

using middleware_test = micro_test;
using steps = std::vector<std::string>;

micro::middleware noting(steps& noted, std::string name) {
    return [&noted, name](micro::request& req, micro::next next) {
        noted.push_back("+" + name);
        next(req);
        noted.push_back("-" + name);
    };
}

asio::awaitable<void> note_around(steps* noted, std::string name, micro::request* req, micro::next next) {
    noted->push_back("+" + name);
    co_await next.rest(*req);
    noted->push_back("-" + name);
}

micro::middleware noting_and_waiting(steps& noted, std::string name) {
    return [&noted, name](micro::request& req, micro::next next) { return note_around(&noted, name, &req, next); };
}

void say_ok(micro::request& req) { req.respond("ok"); }

TEST_F(middleware_test, runs_from_the_service_over_the_groups_to_the_endpoint_and_back) {
    in_world([](world& here) -> asio::awaitable<void> {
        steps noted;
        auto config = here.config();
        config.middleware = {noting(noted, "service1"), noting(noted, "service2")};
        micro::service service(config);
        micro::group_options outer;
        outer.middleware = {noting(noted, "outer")};
        micro::group_options inner;
        inner.middleware = {noting(noted, "inner")};
        micro::endpoint_options opts;
        opts.middleware = {noting(noted, "endpoint")};
        service.group("a", outer)
            .group("b", inner)
            .endpoint("e", [&noted](micro::request& req) { noted.push_back("handler"), say_ok(req); }, opts);
        service.endpoint("alone", say_ok);
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "a.b.e");
        EXPECT_EQ(got, body("ok"));
        EXPECT_EQ(noted, (steps{"+service1", "+service2", "+outer", "+inner", "+endpoint", "handler", "-endpoint",
                                "-inner", "-outer", "-service2", "-service1"}));
        noted.clear();
        const auto alone = co_await ask(here.caller, "alone");
        EXPECT_EQ(alone, body("ok"));
        EXPECT_EQ(noted, (steps{"+service1", "+service2", "-service2", "-service1"}));
    });
}

TEST_F(middleware_test, coroutines_go_around_every_kind_of_handler) {
    in_world([](world& here) -> asio::awaitable<void> {
        steps noted;
        const gate open_later(here.connection.executor());
        auto config = here.config();
        config.middleware = {noting_and_waiting(noted, "outer")};
        micro::service service(config);
        micro::endpoint_options opts;
        opts.middleware = {noting(noted, "inner")};
        service.endpoint("inline", [&](micro::request& req) { noted.push_back("inline"), say_ok(req); }, opts);
        service.endpoint("waits", [&noted, open_later](micro::request req) -> asio::awaitable<void> {
            co_await open_later.pass();
            noted.push_back("waits");
            req.respond("ok");
        });
        service.endpoint("event", [&](micro::event& seen) { noted.push_back(std::string(seen.data())); });
        co_await service.start(here.connection);
        const auto first = co_await ask(here.caller, "inline");
        EXPECT_EQ(first, body("ok"));
        EXPECT_EQ(noted, (steps{"+outer", "+inner", "inline", "-inner", "-outer"}));
        noted.clear();
        open_later.open();
        const auto second = co_await ask(here.caller, "waits");
        EXPECT_EQ(second, body("ok"));
        EXPECT_EQ(noted, (steps{"+outer", "waits", "-outer"}));
        noted.clear();
        const auto third = co_await ask(here.caller, "event", "told");
        EXPECT_EQ(third, body(""));
        EXPECT_EQ(noted, (steps{"+outer", "told", "-outer"}));
    });
}

TEST_F(middleware_test, an_inline_one_around_a_handler_that_waits_is_refused) {
    in_world([](world& here) -> asio::awaitable<void> {
        steps noted;
        micro::service service(here.config());
        micro::endpoint_options opts;
        opts.middleware = {noting(noted, "inline")};
        const auto waits = [](micro::request req) -> asio::awaitable<void> {
            req.respond({});
            co_return;
        };
        try {
            service.endpoint("waits", waits, opts);
            ADD_FAILURE() << "was taken";
        } catch (const boost::system::system_error& refused) {
            EXPECT_EQ(refused.code(), micro::errc::bad_middleware);
            EXPECT_NE(std::string(refused.what()).find("1. is inline"), std::string::npos) << refused.what();
        }
        // Also when only another middleware inside of it waits.
        opts.middleware = {noting(noted, "inline"), noting_and_waiting(noted, "waits")};
        EXPECT_THROW(service.endpoint("inline", say_ok, opts), boost::system::system_error);
        opts.middleware = {noting_and_waiting(noted, "waits"), noting(noted, "inline")};
        EXPECT_NO_THROW(service.endpoint("inline", say_ok, opts));
        co_return;
    });
}

TEST_F(middleware_test, may_answer_throw_and_catch) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        const auto add = [&service](const char* name, micro::middleware around) {
            micro::endpoint_options opts;
            opts.middleware = {std::move(around)};
            service.endpoint(name, [](micro::request&) { throw std::runtime_error("broken"); }, opts);
        };
        add("answers", [](micro::request& req, micro::next) { req.respond("cached"); });
        add("refuses", [](micro::request&, micro::next) { throw micro::service_error(401, "who are you?"); });
        add("recovers", [](micro::request& req, micro::next next) {
            try {
                next(req);
            } catch (const std::exception& failed) {
                req.respond("saved from: " + std::string(failed.what()));
            }
        });
        co_await service.start(here.connection);
        const auto answered = co_await ask(here.caller, "answers");
        EXPECT_EQ(answered, body("cached"));
        const auto refused = co_await ask(here.caller, "refuses");
        EXPECT_EQ(refused, (answer{401, "who are you?", ""}));
        const auto recovered = co_await ask(here.caller, "recovers");
        EXPECT_EQ(recovered, body("saved from: broken"));
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(middleware_test, before_and_after_fit_every_handler) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<int> ended;
        auto config = here.config();
        config.middleware = {mote::micro::after([&ended](const micro::request&, const micro::outcome& how) {
                                 ended.push_back(how.status);
                                 EXPECT_GE(how.took.count(), 0);
                             }),
                             mote::micro::before([](micro::request& req) {
                                 if (req.data() == "refuse") throw micro::service_error(403, "no");
                                 if (req.data() == "cached") req.respond("from before");
                             })};
        micro::service service(config);
        service.endpoint("inline", say_ok);
        service.endpoint("waits", [](micro::request req) -> asio::awaitable<void> {
            if (req.data() == "fail") throw std::runtime_error("broken");
            req.respond("ok");
            co_return;
        });
        service.endpoint("event", [](micro::event&) {});
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"inline", "waits"}) {
            ended.clear();
            const auto good = co_await ask(here.caller, endpoint, "x");
            EXPECT_EQ(good, body("ok"));
            const auto refused = co_await ask(here.caller, endpoint, "refuse");
            EXPECT_EQ(refused, (answer{403, "no", ""}));
            const auto cached = co_await ask(here.caller, endpoint, "cached");
            EXPECT_EQ(cached, body("from before"));
            EXPECT_EQ(ended, (std::vector{200, 403, 200})) << endpoint;
        }
        ended.clear();
        const auto failed = co_await ask(here.caller, "waits", "fail");
        EXPECT_EQ(failed, (answer{500, "internal error", ""}));
        const auto told = co_await ask(here.caller, "event", "x");
        EXPECT_EQ(told, body(""));
        EXPECT_EQ(ended, (std::vector{500, 0}));
    });
}

}  // namespace
}  // namespace mote::test
