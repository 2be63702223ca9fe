// The caller's side: service errors come out of a reply's headers.

#include <tests/micro/world.hpp>

#include <mote/micro/deadline.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

std::optional<answer> error_of(std::string headers, std::string payload = {}) {
    nats::message_view reply;
    headers = "NATS/1.0\r\n" + headers + "\r\n";
    reply.headers = nats::headers_view(headers);
    reply.payload = payload;
    const auto error = micro::error_in(reply);
    if (!error) return std::nullopt;
    return answer{error->status(), error->description(), error->data()};
}

TEST(micro_client, finds_no_error_in_an_ordinary_reply) {
    EXPECT_FALSE(micro::error_in(nats::message_view()));
    EXPECT_FALSE(error_of("X: 1\r\n", "body"));
    EXPECT_FALSE(error_of("nats-service-error: names have a case\r\n"));
}

TEST(micro_client, reads_status_text_and_body) {
    EXPECT_EQ(error_of("Nats-Service-Error: not found: é\r\nNats-Service-Error-Code: 404\r\n", "data"),
              (answer{404, "not found: é", "data"}));
}

TEST(micro_client, takes_a_code_that_is_no_status_for_500) {
    for (const std::string code : {"", "abc", "40", "1000", "-1", "404x", "4 04", "99999999999999999999"})
        EXPECT_EQ(error_of("Nats-Service-Error: text\r\nNats-Service-Error-Code: " + code + "\r\n"),
                  (answer{500, "text", ""}))
            << code;
    EXPECT_EQ(error_of("Nats-Service-Error: text\r\n"), (answer{500, "text", ""}));
}

TEST(micro_client, needs_no_text) {
    EXPECT_EQ(error_of("Nats-Service-Error-Code: 418\r\n"), (answer{418, "no description", ""}));
    EXPECT_EQ(error_of("Nats-Service-Error: \r\nNats-Service-Error-Code: 418\r\n"),
              (answer{418, "no description", ""}));
}

TEST(micro_client, error_says_what_it_is) {
    const micro::service_error error(404, "no such post", "data");
    EXPECT_EQ(error.code(), micro::errc::service_error);
    EXPECT_TRUE(contains(error.what(), "404 no such post")) << error.what();
}

using client_test = micro_test;

TEST_F(client_test, returns_the_reply_with_its_headers) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data(), {{"X", "1"}}); });
        co_await service.start(here.connection);
        const auto reply = co_await micro::call(here.caller, "echo", "hello");
        EXPECT_EQ(reply.payload(), "hello");
        EXPECT_EQ(reply.headers().get("X"), "1");
    });
}

TEST_F(client_test, throws_what_the_service_answered) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("fail", [](micro::request&) { throw micro::service_error(404, "no such post", "data"); });
        co_await service.start(here.connection);
        std::optional<answer> thrown;
        try {
            co_await micro::call(here.caller, "fail", "");
        } catch (const micro::service_error& error) {
            thrown = answer{error.status(), error.description(), error.data()};
        }
        EXPECT_EQ(thrown, (answer{404, "no such post", "data"}));
    });
}

TEST_F(client_test, throws_no_responders_and_timeout_of_the_request) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto mute = here.connection.subscribe("mute", [](const nats::message_view&) {});
        co_await here.connection.flush();
        nats::request_options opts;
        opts.timeout = 20ms;
        const auto nobody = co_await failure_of(micro::call(here.caller, "nobody.there", ""));
        const auto late = co_await failure_of(micro::call(here.caller, "mute", "", opts));
        EXPECT_EQ(nobody.code, nats::errc::no_responders);
        EXPECT_EQ(late.code, nats::errc::timeout);
    });
}

/// Answers what it was told of the time of its caller.
micro::service telling_service(const world& here) {
    micro::service service(here.config());
    service.endpoint("left", [](micro::request& req) {
        req.respond(req.headers().get(micro::deadline_header).value_or("nothing"));
    });
    return service;
}

TEST_F(client_test, tells_the_service_how_long_it_waits) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto service = telling_service(here);
        co_await service.start(here.connection);
        nats::request_options opts;
        const auto untold = co_await micro::call(here.caller, "left", "", opts);
        EXPECT_EQ(untold.payload(), "5000") << "the time-out of the connection";
        opts.timeout = 20s;
        const auto told = co_await micro::call(here.caller, "left", "", opts);
        EXPECT_EQ(told.payload(), "20000");
        opts.headers = {{"Mote-Deadline-Ms", "1500"}};
        const auto own = co_await micro::call(here.caller, "left", "", opts);
        EXPECT_EQ(own.payload(), "1500");
    });
}

TEST_F(client_test, asks_at_once_so_that_many_can_be_started_before_the_first_is_awaited) {
    in_world([](world& here) -> asio::awaitable<void> {
        int seen = 0;
        micro::service service(here.config());
        service.endpoint("echo", [&seen](micro::request& req) {
            ++seen;
            req.respond(req.data());
        });
        co_await service.start(here.connection);
        auto first = micro::call(here.caller, "echo", "1");
        auto second = micro::call(here.caller, "echo", "2");
        co_await eventually("both are on their way", [&] { return seen == 2; });
        const auto two = co_await std::move(second);
        const auto one = co_await std::move(first);
        EXPECT_EQ(one.payload(), "1");
        EXPECT_EQ(two.payload(), "2");
    });
}

TEST_F(client_test, keeps_the_connection_until_the_reply_is_here) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("echo", [](micro::request& req) { req.respond(req.data()); });
        co_await service.start(here.connection);
        auto caller = co_await connect_to(here.server);
        auto asked = micro::call(std::move(caller), "echo", "x");
        const auto reply = co_await std::move(asked);
        EXPECT_EQ(reply.payload(), "x");
    });
}

}  // namespace
}  // namespace mote::test
