// Bodies that a typed endpoint cannot take, at a real server: each is a 400 that says why, and the service goes on.

#include <tests/micro/world.hpp>

#include <mote/micro/answer_stream.hpp>

#include <boost/describe/class.hpp>

#include <array>
#include <map>
#include <optional>

namespace mote::test {

struct measure {
    std::string sensor;
    double value = 0;
    std::optional<int> count;
};
BOOST_DESCRIBE_STRUCT(measure, (), (sensor, value, count))

/// Two bytes of text are enough for it.
struct block {
    std::array<double, 500> numbers{};
};
BOOST_DESCRIBE_STRUCT(block, (), (numbers))

}  // namespace mote::test

template <>
struct mote::json::about<mote::test::block> {
    static constexpr bool all_members_optional = true;
};

namespace mote::test {
namespace {

using bad_input_test = micro_test;

struct wrong {
    std::string body;
    std::string text;
};

std::string measured(const std::string& value) { return R"({"sensor":"a","value":)" + value + "}"; }

std::vector<wrong> wrong_bodies() {
    const std::string at_value = "value: expected a value at byte 22, got ";
    return {
        {"", "no JSON: empty"},
        {"nonsense", "expected a value at byte 0, got 'n'"},
        {R"({"sensor":"a","value":1)", "expected ',' or '}' at byte 23, got the end"},
        {measured("1") + "x", "expected the end at byte 24, got 'x'"},
        {R"({"value":1,"more":)" + std::string(100, '[') + std::string(100, ']') + R"(,"sensor":"a"})",
         "expected at most 32 levels, got more at byte 49"},
        {R"({"value":1,"more":)" + std::string(500'000, '['), "expected at most 32 levels, got more at byte 49"},
        {std::string(500'000, '['), "expected an object, got an array"},
        {"{\"sensor\":\"\xc3\x28\",\"value\":1}", "sensor: expected UTF-8 at byte 11, got 0xC3"},
        {"{\"sensor\":\"\xed\xa0\x80\",\"value\":1}", "sensor: expected UTF-8 at byte 11, got 0xED"},
        {R"({"sensor":"\ud800","value":1})", "sensor: expected a low surrogate at byte 17, got '\"'"},
        {measured("NaN"), at_value + "'N'"},
        {measured("Infinity"), at_value + "'I'"},
        {measured("-Infinity"), "value: expected a number at byte 22, got '-'"},
        {measured("1e999"), "value: expected a number within the range of a double, got 1e999"},
        {measured(R"("1")"), "value: expected a number, got a string"},
        {measured("null"), "value: expected a number, got null"},
        {measured("[]"), "value: expected a number, got an array"},
        {R"({"sensor":1,"value":1})", "sensor: expected a string, got 1"},
        {R"({"sensor":"a","value":1,"count":1.5})", "count: expected an integer, got 1.5"},
        {R"({"sensor":"a","value":1,"count":99999999999})",
         "count: expected an integer from -2147483648 to 2147483647, got 99999999999"},
        {R"({"sensor":"a"})", "value: missing"},
        {"true", "expected an object, got true"},
    };
}

asio::awaitable<double> value_later(measure one) { co_return one.value; }

micro::reply_stream<double> value_as_stream(measure one) { co_yield one.value; }

TEST_F(bad_input_test, is_a_400_that_says_what_is_wrong_and_the_service_goes_on) {
    in_world([](world& here) -> asio::awaitable<void> {
        int called = 0;
        micro::service service(here.config());
        service.endpoint("inline", [&called](const measure& one) {
            ++called;
            return one.value;
        });
        service.endpoint("later", value_later);
        service.endpoint("stream", value_as_stream);
        co_await service.start(here.connection);
        const auto bodies = wrong_bodies();
        for (const auto* const endpoint : {"inline", "later", "stream"})
            for (const auto& each : bodies) {
                const auto got = co_await ask(here.caller, endpoint, each.body);
                EXPECT_EQ(got, (answer{400, each.text, ""})) << endpoint << ' ' << each.body.substr(0, 100);
            }
        EXPECT_EQ(called, 0);
        for (const auto& endpoint : service.stats().endpoints) EXPECT_EQ(endpoint.errors, bodies.size());
        EXPECT_TRUE(here.failures->empty()) << "what a caller does wrong is no failure of the service";
        const auto good = measured("2.5");
        for (const auto* const endpoint : {"inline", "later"}) {
            const auto still = co_await ask(here.caller, endpoint, good);
            EXPECT_EQ(still, body("2.5")) << endpoint;
        }
        EXPECT_TRUE(service.health().ready);
    });
}

TEST_F(bad_input_test, of_a_few_bytes_that_would_be_much_in_memory_is_a_400) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("blocks", [](const std::vector<block>& all) { return all.size(); });
        co_await service.start(here.connection);
        std::string many = "[{}";
        while (many.size() < 900'000) many += ",{}";
        many += ']';
        const auto refused = co_await ask(here.caller, "blocks", many);
        EXPECT_EQ(refused.status, 400);
        EXPECT_TRUE(contains(refused.description, "bytes of values in memory, got more at byte")) << refused;
        const auto few = co_await ask(here.caller, "blocks", "[{},{}]");
        EXPECT_EQ(few, body("2"));
    });
}

/// `max_body` is what is let through; one byte more is answered before anything is decoded.
TEST_F(bad_input_test, of_more_bytes_than_the_endpoint_takes_is_a_400) {
    in_world([](world& here) -> asio::awaitable<void> {
        std::vector<int> statuses;
        micro::endpoint_options opts;
        opts.max_body = 10;
        opts.middleware = {micro::after(
            [&statuses](const micro::request&, const micro::outcome& ended) { statuses.push_back(ended.status); })};
        micro::service service(here.config());
        service.endpoint("typed", [](const std::string& text) { return text; }, opts);
        service.endpoint("raw", [](micro::request& req) { req.respond(req.data()); }, opts);
        service.endpoint(
            "coroutine",
            [](micro::request req) -> asio::awaitable<void> {
                req.respond(req.data());
                co_return;
            },
            opts);
        service.endpoint("event", [](micro::event&) {}, opts);
        service.endpoint("free", [](const std::string& text) { return text; });
        co_await service.start(here.connection);
        const std::string fits(10, 'x');
        const std::string large(11, 'x');
        for (const auto* const endpoint : {"typed", "raw", "coroutine", "event"}) {
            statuses.clear();
            const auto taken = co_await ask(here.caller, endpoint, fits);
            EXPECT_EQ(taken.status, 0) << endpoint << ' ' << taken;
            const auto refused = co_await ask(here.caller, endpoint, large);
            EXPECT_EQ(refused, (answer{400, "expected a body of at most 10 bytes, got 11", ""})) << endpoint;
            EXPECT_EQ(statuses.size(), 2U);
            EXPECT_EQ(statuses.back(), 400) << "middleware sees it";
        }
        const auto unbounded = co_await ask(here.caller, "free", std::string(500'000, 'x'));
        EXPECT_EQ(unbounded.body.size(), 500'000U);
        EXPECT_EQ(service.stats().endpoints.at(0).errors, 1U);
        EXPECT_EQ(service.stats().endpoints.at(0).last_error, "400:expected a body of at most 10 bytes, got 11");
        EXPECT_TRUE(here.failures->empty());
    });
}

}  // namespace
}  // namespace mote::test
