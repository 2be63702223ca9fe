// Handlers and middleware that are empty functions are refused when they are given, and not at the first request.

#include <tests/micro/refusals.hpp>

#include <mote/micro/middleware/metrics.hpp>
#include <mote/micro/middleware/recover.hpp>
#include <mote/micro/middleware/require_auth.hpp>
#include <mote/micro/middleware/tracing.hpp>

#include <stdexcept>

namespace mote::test {
namespace {

namespace asio = boost::asio;
using micro::errc;

std::function<void()> handled_by(auto handler) {
    return [handler] { a_service().endpoint("e", handler); };
}

TEST(micro_empty_function, refuses_an_empty_handler_of_any_kind) {
    using micro::event;
    using micro::request;
    const std::string text = R"(endpoint "e": the handler is empty: there is nothing to call)";
    expect_refused({
        {errc::bad_handler, text, handled_by(std::function<void(request&)>())},
        {errc::bad_handler, text, handled_by(std::function<asio::awaitable<void>(request)>())},
        {errc::bad_handler, text, handled_by(std::function<void(event&)>())},
        {errc::bad_handler, text, handled_by(std::function<asio::awaitable<void>(event)>())},
        {errc::bad_handler, text, handled_by(std::function<int(int)>())},
        {errc::bad_handler, text, handled_by(std::function<asio::awaitable<int>(int)>())},
        {errc::bad_handler, text, handled_by(std::function<micro::reply_stream<int>(int)>())},
        {errc::bad_handler, text, handled_by(static_cast<void (*)(request&)>(nullptr))},
        {errc::bad_handler, text, handled_by(static_cast<asio::awaitable<void> (*)(request)>(nullptr))},
        {errc::bad_handler, text, handled_by(static_cast<int (*)(int)>(nullptr))},
        {errc::bad_handler, text, [] { a_service().work("e", std::function<void(event&)>()); }},
        {errc::bad_handler, text, [] { a_service().group("g").endpoint("e", std::function<void(request&)>()); }},
    });
}

int twice(int value) { return 2 * value; }

TEST(micro_empty_function, takes_handlers_that_can_be_empty_and_are_not) {
    auto service = a_service();
    service.endpoint("a", std::function<void(micro::request&)>(ignore_request));
    service.endpoint("b", std::function<int(int)>(twice));
    service.endpoint("c", twice);
    service.endpoint("d", &twice);
    EXPECT_EQ(service.info().endpoints.size(), 4U);
}

TEST(micro_empty_function, names_the_place_of_a_middleware_that_is_empty_or_does_not_fit) {
    using inline_form = micro::middleware::inline_form;
    using coroutine_form = micro::middleware::coroutine_form;
    const auto around = [](micro::middleware first, micro::middleware second) {
        return [first, second] {
            auto config = described();
            config.middleware = {first};
            micro::endpoint_options opts;
            opts.middleware = {second};
            micro::service(config).endpoint("e", ignore_request, opts);
        };
    };
    const micro::middleware good = micro::before([](micro::request&) {});
    const micro::middleware waits =
        coroutine_form([](micro::request&, micro::next) -> asio::awaitable<void> { co_return; });
    const micro::middleware runs = inline_form([](micro::request&, micro::next) {});
    const std::string whose = R"(endpoint "e": of its middleware the )";
    expect_refused({
        {errc::bad_middleware, whose + "1. is empty: invalid middleware", around(inline_form(), good)},
        {errc::bad_middleware, whose + "2. is empty: invalid middleware", around(good, coroutine_form())},
        {errc::bad_middleware, whose + "2. is empty: invalid middleware",
         around(good, micro::middleware(inline_form(), coroutine_form()))},
        {errc::bad_middleware, whose + "1. is empty: invalid middleware",
         around(static_cast<void (*)(micro::request&, micro::next)>(nullptr), good)},
        {errc::bad_middleware,
         whose + "1. is inline, but what is inside of it waits: make it a coroutine: invalid middleware",
         around(runs, waits)},
    });
}

TEST(micro_empty_function, of_a_ready_middleware_needs_its_function) {
    EXPECT_THROW(micro::before(nullptr), std::invalid_argument);
    EXPECT_THROW(micro::after(nullptr), std::invalid_argument);
    EXPECT_THROW(micro::recover(nullptr), std::invalid_argument);
    EXPECT_THROW(micro::metrics(nullptr), std::invalid_argument);
    EXPECT_THROW(micro::tracing("S", nullptr), std::invalid_argument);
    EXPECT_THROW(micro::require_header("Key", nullptr), std::invalid_argument);
    EXPECT_THROW(micro::require_requester(nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace mote::test
