// Exceptions that become answers, and what a counter hears of requests.

#include <tests/micro/world.hpp>

#include <mote/micro/middleware/metrics.hpp>
#include <mote/micro/middleware/recover.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

using middleware_recover_test = micro_test;
using middleware_metrics_test = micro_test;

struct busy : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void deal_with(micro::request& req, std::exception_ptr thrown) {
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const busy& what) {
        throw micro::service_error(503, what.what());
    } catch (const std::invalid_argument&) {
        req.respond("the default");
    } catch (const std::logic_error&) {
        return;
    }
}

TEST_F(middleware_recover_test, turns_what_handlers_throw_into_answers) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.middleware = {micro::recover(deal_with)};
        micro::service service(config);
        const auto fail = [](std::string_view how) {
            if (how == "busy") throw busy("the database is busy");
            if (how == "argument") throw std::invalid_argument("wrong");
            if (how == "logic") throw std::logic_error("unanswered");
            if (how == "other") throw std::runtime_error("a secret cause");
        };
        service.endpoint("inline", [fail](micro::request& req) {
            fail(req.data());
            req.respond("fine");
        });
        service.endpoint("waits", [fail](micro::request req) -> asio::awaitable<void> {
            fail(req.data());
            req.respond("fine");
            co_return;
        });
        service.endpoint("event", [fail](micro::event& seen) { fail(seen.data()); });
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"inline", "waits"}) {
            const auto fine = co_await ask(here.caller, endpoint);
            EXPECT_EQ(fine, body("fine"));
            const auto translated = co_await ask(here.caller, endpoint, "busy");
            EXPECT_EQ(translated, (answer{503, "the database is busy", ""}));
            const auto answered = co_await ask(here.caller, endpoint, "argument");
            EXPECT_EQ(answered, body("the default"));
            const auto unanswered = co_await ask(here.caller, endpoint, "logic");
            EXPECT_EQ(unanswered, (answer{500, "no response", ""}));
            const auto rethrown = co_await ask(here.caller, endpoint, "other");
            EXPECT_EQ(rethrown, (answer{500, "internal error", ""}));
        }
        const auto handled = co_await ask(here.caller, "event", "logic");
        EXPECT_EQ(handled, body(""));
        const auto refused = co_await ask(here.caller, "event", "busy");
        EXPECT_EQ(refused, (answer{503, "the database is busy", ""}));
    });
}

TEST_F(middleware_metrics_test, tell_the_endpoint_and_how_each_request_ended) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<std::string> heard;
        auto config = here.config();
        config.middleware = {micro::metrics([&heard](const micro::request_metric& metric) {
            EXPECT_GE(metric.took.count(), 0);
            heard.push_back(metric.endpoint + " " + metric.subject + " " + std::to_string(metric.status) + " " +
                            std::to_string(metric.bytes_in));
            throw std::runtime_error("a sink that fails harms nobody");
        })};
        micro::service service(config);
        micro::endpoint_options opts;
        opts.subject = "order.*";
        service.endpoint("order", [](micro::request& req) { req.respond("ok"); }, opts);
        service.endpoint("waits", [](micro::request req) -> asio::awaitable<void> {
            if (req.data() == "no") throw micro::service_error(404, "none");
            req.respond("ok");
            co_return;
        });
        service.endpoint("silent", [](micro::request&) {});
        co_await service.start(here.connection);
        co_await ask(here.caller, "order.7", "seven");
        co_await ask(here.caller, "waits", "no");
        co_await ask(here.caller, "silent");
        co_await eventually("all are told", [&] { return heard.size() == 3; });
        EXPECT_EQ(heard, (std::vector<std::string>{"order order.* 200 5", "waits waits 404 2", "silent silent 500 0"}));
    });
}

}  // namespace
}  // namespace mote::test
