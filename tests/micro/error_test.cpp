// Errors: answered by headers, thrown by handlers, counted once a request; what goes wrong with an answer.

#include <tests/micro/world.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

using error_test = micro_test;

TEST_F(error_test, is_answered_by_headers_with_body_and_headers_of_its_own) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request& req) {
            req.respond_error(500, "boom happened", R"({"detail":"x"})", {{"X-Err", "one"}, {"X-Err", "two"}});
        });
        co_await service.start(here.connection);
        const auto reply = co_await here.caller.request("fail", "x");
        EXPECT_EQ(reply.headers().get("Nats-Service-Error"), "boom happened");
        EXPECT_EQ(reply.headers().get("Nats-Service-Error-Code"), "500");
        const auto values = reply.headers().get_all("X-Err");
        EXPECT_EQ(values, (std::vector<std::string_view>{"one", "two"}));
        EXPECT_EQ(reply.payload(), R"({"detail":"x"})");
        EXPECT_EQ(service.stats().endpoints.at(0).last_error, "500:boom happened");
        EXPECT_TRUE(here.failures->empty()) << "an answered error is no failure of the service";
    });
}

TEST_F(error_test, lets_given_headers_of_the_same_names_win) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request& req) {
            req.respond_error(400, "orig", {}, {{"Nats-Service-Error-Code", "999"}});
        });
        co_await service.start(here.connection);
        const auto reply = co_await here.caller.request("fail", "x");
        const auto codes = reply.headers().get_all("Nats-Service-Error-Code");
        EXPECT_EQ(codes, std::vector<std::string_view>{"999"});
        EXPECT_EQ(service.stats().endpoints.at(0).last_error, "400:orig");
    });
}

TEST_F(error_test, sends_line_breaks_of_a_description_as_blanks) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request& req) { req.respond_error(400, "line1\r\nX-Injected: 1"); });
        co_await service.start(here.connection);
        const auto reply = co_await here.caller.request("fail", "x");
        EXPECT_EQ(reply.headers().get("Nats-Service-Error"), "line1  X-Injected: 1");
        EXPECT_FALSE(reply.headers().get("X-Injected"));
        EXPECT_EQ(service.stats().endpoints.at(0).last_error, "400:line1\r\nX-Injected: 1");
    });
}

TEST_F(error_test, without_status_or_description_is_refused_and_sends_nothing) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request& req) {
            for (const int status : {0, 99, 1000, -1})
                EXPECT_THROW(req.respond_error(status, "text"), std::invalid_argument) << status;
            EXPECT_THROW(req.respond_error(500, ""), std::invalid_argument);
            req.respond("the only reply");
        });
        co_await service.start(here.connection);
        const auto got = co_await ask(here.caller, "fail");
        EXPECT_EQ(got, body("the only reply"));
        EXPECT_EQ(service.stats().endpoints.at(0).errors, 0U);
    });
}

TEST_F(error_test, thrown_becomes_the_answer) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("inline", [](micro::request&) { throw micro::service_error(404, "no such post: é", "data"); });
        service.endpoint("coroutine", [](micro::request) -> asio::awaitable<void> {
            throw micro::service_error(404, "no such post: é", "data");
            co_return;
        });
        co_await service.start(here.connection);
        for (const std::string subject : {"inline", "coroutine"}) {
            const auto got = co_await ask(here.caller, subject);
            EXPECT_EQ(got, (answer{404, "no such post: é", "data"})) << subject;
        }
        EXPECT_TRUE(here.failures->empty());
        EXPECT_EQ(service.stats().endpoints.at(1).last_error, "404:no such post: é");
    });
}

TEST_F(error_test, of_another_kind_is_a_500_whose_cause_only_the_log_gets) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("inline", [](micro::request&) { throw std::runtime_error("the password is x"); });
        service.endpoint("coroutine", [](micro::request) -> asio::awaitable<void> {
            throw std::runtime_error("the password is x");
            co_return;
        });
        service.endpoint("odd", [](micro::request&) { throw 42; });
        co_await service.start(here.connection);
        for (const std::string subject : {"inline", "coroutine", "odd"}) {
            const auto got = co_await ask(here.caller, subject);
            EXPECT_EQ(got, (answer{500, "internal error", ""})) << subject;
        }
        EXPECT_EQ(here.failures->size(), 3U);
        EXPECT_EQ(here.failures->at(0).endpoint, "inline");
        EXPECT_EQ(here.failures->at(0).error, "500:internal error");
        EXPECT_EQ(here.failures->at(1).cause, "the password is x");
        EXPECT_EQ(here.failures->at(2).cause, "not a std::exception");
        const auto again = co_await ask(here.caller, "inline");
        EXPECT_EQ(again.status, 500) << "the service lives on";
    });
}

TEST_F(error_test, that_cannot_be_sent_as_it_is_becomes_a_500) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("status", [](micro::request&) { throw micro::service_error(42, "no such status"); });
        service.endpoint("text", [](micro::request&) { throw micro::service_error(400, ""); });
        service.endpoint("large", [](micro::request&) {
            throw micro::service_error(400, "large", std::string(2 * 1024 * 1024, 'x'));
        });
        co_await service.start(here.connection);
        for (const std::string subject : {"status", "text", "large"}) {
            const auto got = co_await ask(here.caller, subject);
            EXPECT_EQ(got, (answer{500, "internal error", ""})) << subject;
        }
        for (const auto& endpoint : service.stats().endpoints) EXPECT_EQ(endpoint.errors, 1U) << endpoint.name;
    });
}

TEST_F(error_test, of_an_answer_that_is_too_large_reaches_the_handler_and_then_the_caller) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        const std::string large(1024 * 1024 + 1, 'x');
        service.endpoint("uncaught", [&large](micro::request& req) { req.respond(large); });
        service.endpoint("caught", [&large](micro::request& req) {
            const auto failed = failure_at_once([&] { req.respond(large); });
            EXPECT_EQ(failed.code, nats::errc::max_payload_exceeded);
            req.respond_error(413, "too large to send");
        });
        co_await service.start(here.connection);
        const auto uncaught = co_await ask(here.caller, "uncaught");
        const auto caught = co_await ask(here.caller, "caught");
        EXPECT_EQ(uncaught, (answer{500, "internal error", ""}));
        EXPECT_EQ(caught, (answer{413, "too large to send", ""}));
        EXPECT_TRUE(contains(here.failures->at(0).cause, "max_payload") ||
                    contains(here.failures->at(0).cause, "1048577"))
            << here.failures->at(0).cause;
    });
}

TEST_F(error_test, is_counted_once_a_request_and_the_last_one_is_remembered) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("err-then-ok", [](micro::request& req) {
            req.respond_error(500, "first error");
            req.respond("then ok");
        });
        service.endpoint("err-twice", [](micro::request& req) {
            req.respond_error(500, "e1");
            req.respond_error(501, "e2");
        });
        service.endpoint("ok-then-throw", [](micro::request& req) {
            req.respond("ok");
            throw micro::service_error(400, "late");
        });
        co_await service.start(here.connection);
        for (const std::string subject : {"err-then-ok", "err-twice", "ok-then-throw"})
            co_await ask(here.caller, subject);
        const auto stats = service.stats();
        for (const auto& endpoint : stats.endpoints) EXPECT_EQ(endpoint.errors, 1U) << endpoint.name;
        EXPECT_EQ(stats.endpoints.at(0).last_error, "500:first error");
        EXPECT_EQ(stats.endpoints.at(1).last_error, "501:e2");
        EXPECT_EQ(stats.endpoints.at(2).last_error, "400:late");
    });
}

TEST_F(error_test, without_a_reply_subject_is_counted_and_nothing_is_sent) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request& req) { req.respond_error(400, "bad"); });
        co_await service.start(here.connection);
        here.caller.publish("fail", "x");
        co_await eventually("it is handled", [&] { return service.stats().endpoints.at(0).requests == 1; });
        const auto stats = service.stats().endpoints.at(0);
        EXPECT_EQ(stats.errors, 1U);
        EXPECT_EQ(stats.last_error, "400:bad");
        EXPECT_EQ(stats.unanswered, 1U);
    });
}

TEST_F(error_test, of_the_error_handler_itself_goes_no_further) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        int reported = 0;
        config.on_error = [&reported](const micro::failure&) {
            ++reported;
            throw std::runtime_error("the log is full");
        };
        micro::service service(config);
        service.endpoint("fail", [](micro::request&) { throw std::runtime_error("x"); });
        co_await service.start(here.connection);
        for (int i = 0; i < 2; ++i) {
            const auto got = co_await ask(here.caller, "fail");
            EXPECT_EQ(got, (answer{500, "internal error", ""}));
        }
        EXPECT_EQ(reported, 2);
    });
}

TEST_F(error_test, of_one_endpoint_does_not_touch_the_others) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("bad", [](micro::request&) { throw std::runtime_error("x"); });
        service.endpoint("good", [](micro::request& req) { req.respond("good"); });
        co_await service.start(here.connection);
        for (int i = 0; i < 50; ++i) here.caller.publish("bad", "x");
        const auto got = co_await ask(here.caller, "good");
        EXPECT_EQ(got, body("good"));
        EXPECT_FALSE(service.stopped());
        EXPECT_EQ(service.stats().endpoints.at(1).errors, 0U);
    });
}

}  // namespace
}  // namespace mote::test
