// Handlers that take and give values: decoded, encoded, described.

#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>
#include <mote/micro/typed_client.hpp>

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace mote::test {

struct post {
    std::string title;
    int score = 0;
    std::optional<std::string> url;
};
BOOST_DESCRIBE_STRUCT(post, (), (title, score, url))

struct page_of_posts {
    std::vector<post> posts;
    std::map<std::string, int> by_site;
};
BOOST_DESCRIBE_STRUCT(page_of_posts, (), (posts, by_site))

struct total {
    int count = 0;
    int points = 0;
};
BOOST_DESCRIBE_STRUCT(total, (), (count, points))

/// A format of its own: numbers as one byte each.
struct small_number {
    unsigned value = 0;
};

/// Knows how many of it there are.
struct counted_text {
    static inline int alive = 0;

    explicit counted_text(std::string_view bytes) : text(bytes) { ++alive; }
    counted_text(const counted_text& other) : text(other.text) { ++alive; }
    counted_text& operator=(const counted_text&) = delete;
    ~counted_text() { --alive; }
    std::string text;
};

}  // namespace mote::test

template <>
struct mote::micro::codec<mote::test::small_number> {
    static constexpr std::string_view content_type = "application/x-byte";
    static void encode(const test::small_number& value, std::string& out) { out += static_cast<char>(value.value); }
    static test::small_number decode(std::string_view bytes) {
        if (bytes.size() != 1) throw std::invalid_argument("expected one byte");
        return {static_cast<unsigned char>(bytes.front())};
    }
};

template <>
struct mote::micro::codec<mote::test::counted_text> {
    static constexpr std::string_view content_type = "text/plain";
    static test::counted_text decode(std::string_view bytes) { return test::counted_text(bytes); }
};

namespace mote::test {
namespace {

using typed_test = micro_test;

total sum(const page_of_posts& page) {
    total result;
    for (const auto& each : page.posts) {
        ++result.count;
        result.points += each.score;
    }
    return result;
}

asio::awaitable<total> sum_later(page_of_posts page) { co_return sum(page); }

asio::awaitable<void> expect_sum(world& here, std::string endpoint) {
    const auto good = co_await ask(here.caller, endpoint,
                                   R"({"posts":[{"title":"a","score":3},{"title":"b","score":4,)"
                                   R"("url":null,"unknown":[1]}],"by_site":{"x":1}})");
    EXPECT_EQ(good, body(R"({"count":2,"points":7})")) << endpoint;
    const auto wrong = co_await ask(here.caller, endpoint, R"({"posts":[{"title":"a","score":"3"}],"by_site":{}})");
    EXPECT_EQ(wrong.status, 400) << endpoint;
    EXPECT_EQ(wrong.description, "posts[0].score: expected an integer, got a string") << endpoint;
}

TEST_F(typed_test, functions_and_coroutines_take_and_give_described_values) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("function", sum);
        service.endpoint("lambda", [](const page_of_posts& page) { return sum(page); });
        service.endpoint("coroutine", sum_later);
        co_await service.start(here.connection);
        for (const auto* const endpoint : {"function", "lambda", "coroutine"}) co_await expect_sum(here, endpoint);
        EXPECT_TRUE(here.failures->empty());
    });
}

// What can be given to a handler that is typed; all else does not compile, and says why.
static_assert(micro::detail::is_body<int> && micro::detail::is_body<const int&> && micro::detail::is_body<int&&>);
static_assert(!micro::detail::is_body<int&> && !micro::detail::is_body<micro::request&>);

asio::awaitable<void> a_moment() {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<std::string> text_after_a_wait(const counted_text& asked) {
    co_await a_moment();
    co_return counted_text::alive == 1 ? asked.text : "gone";
}

asio::awaitable<void> answer_after_a_wait(counted_text&& asked, micro::request& req) {
    co_await a_moment();
    req.respond(counted_text::alive == 1 ? asked.text : "gone");
}

TEST_F(typed_test, what_a_coroutine_refers_to_lives_until_it_has_ended) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("text", text_after_a_wait);
        service.endpoint("answer", answer_after_a_wait);
        co_await service.start(here.connection);
        const std::string long_text(100, 'x');
        for (const auto* const endpoint : {"text", "answer"}) {
            const auto got = co_await ask(here.caller, endpoint, long_text);
            EXPECT_EQ(got, body(long_text)) << endpoint;
        }
        EXPECT_EQ(counted_text::alive, 0);
    });
}

TEST_F(typed_test, everything_that_is_no_such_value_is_a_400) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("sum", sum);
        service.endpoint("later", sum_later);
        co_await service.start(here.connection);
        std::string deep;
        for (int i = 0; i < 100; ++i) deep += '[';
        const std::string bad_utf8 = "{\"posts\":[{\"title\":\"\xC3\x28\",\"score\":1}],\"by_site\":{}}";
        for (const auto* const endpoint : {"sum", "later"})
            for (const auto& text : {std::string(), std::string("{"), std::string("[]"), std::string("nonsense"), deep,
                                     bad_utf8, std::string(R"({"posts":[],"by_site":{"x":1e99}})"),
                                     std::string(R"({"posts":[],"by_site":{"x":NaN}})")}) {
                const auto got = co_await ask(here.caller, endpoint, text);
                EXPECT_EQ(got.status, 400) << endpoint << " " << text << " " << got;
            }
        const auto stats = service.stats().endpoints.at(0);
        EXPECT_EQ(stats.errors, 8U);
        const auto still = co_await ask(here.caller, "sum", R"({"posts":[],"by_site":{}})");
        EXPECT_EQ(still, body(R"({"count":0,"points":0})"));
    });
}

TEST_F(typed_test, text_and_bytes_are_taken_as_they_are) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("hello", [](const std::string& name) { return "Hello, " + name + "!"; });
        service.endpoint("reverse", [](std::vector<std::byte> bytes) {
            return std::vector<std::byte>(bytes.rbegin(), bytes.rend());
        });
        service.endpoint("next", [](small_number number) { return small_number{number.value + 1}; });
        co_await service.start(here.connection);
        const auto hello = co_await ask(here.caller, "hello", "World");
        EXPECT_EQ(hello, body("Hello, World!"));
        const auto reverse = co_await ask(here.caller, "reverse", std::string("a\0b\xFF", 4));
        EXPECT_EQ(reverse, body(std::string("\xFF"
                                            "b\0a",
                                            4)));
        const auto next = co_await ask(here.caller, "next", "\x41");
        EXPECT_EQ(next, body("\x42"));
        const auto wrong = co_await ask(here.caller, "next", "ab");
        EXPECT_EQ(wrong, (answer{400, "expected one byte", ""}));
    });
}

TEST_F(typed_test, a_handler_may_take_nothing_give_nothing_and_see_the_request) {
    in_world([](world& here) -> asio::awaitable<void> {
        int told = 0;
        micro::service service(here.config());
        service.endpoint("now", [] { return std::string("now"); });
        service.endpoint("note", [&told](int value) { told = value; });
        service.endpoint("who", [](const std::string& text, micro::request& req) {
            return text + " on " + std::string(req.subject()) + " by " +
                   std::string(req.headers().get("X-User").value_or("nobody"));
        });
        service.endpoint("own", [](int value, micro::request& req) {
            if (value == 0) req.respond("answered by itself");
        });
        co_await service.start(here.connection);
        const auto now = co_await ask(here.caller, "now", "whatever");
        EXPECT_EQ(now, body("now"));
        const auto note = co_await ask(here.caller, "note", "42");
        EXPECT_EQ(note, body(""));
        EXPECT_EQ(told, 42);
        nats::request_options opts;
        opts.headers = {{"X-User", "ann"}};
        const auto who = co_await here.caller.request("who", "I", opts);
        EXPECT_EQ(who.payload(), "I on who by ann");
        const auto own = co_await ask(here.caller, "own", "0");
        EXPECT_EQ(own, body("answered by itself"));
    });
}

TEST_F(typed_test, a_thrown_service_error_is_the_answer) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("find",
                         [](int id) -> std::string { throw micro::service_error(404, "no " + std::to_string(id)); });
        service.endpoint("break", [](int) -> std::string { throw std::runtime_error("secret"); });
        co_await service.start(here.connection);
        const auto missing = co_await ask(here.caller, "find", "7");
        EXPECT_EQ(missing, (answer{404, "no 7", ""}));
        const auto broken = co_await ask(here.caller, "break", "7");
        EXPECT_EQ(broken, (answer{500, "internal error", ""}));
        EXPECT_EQ(here.failures->size(), 1U);
    });
}

TEST_F(typed_test, metadata_tells_types_and_schemas) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.endpoint("sum", sum);
        service.endpoint("hello", [](const std::string& name) { return name; });
        service.endpoint("plain", [](micro::request& req) { req.respond({}); });
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.info();
        EXPECT_EQ(found.size(), 1U);
        if (found.size() != 1) co_return;
        const auto& endpoints = found.front().endpoints;
        EXPECT_EQ(endpoints.size(), 3U);
        const auto& sum_says = endpoints.at(0).metadata;
        EXPECT_EQ(sum_says.at("mote.request.type"), "application/json");
        EXPECT_EQ(sum_says.at("mote.response.type"), "application/json");
        const auto request = boost::json::parse(sum_says.at("mote.request.schema"));
        EXPECT_EQ(boost::json::value_to<std::string>(request.at("$schema")),
                  "https://json-schema.org/draft/2020-12/schema");
        EXPECT_EQ(boost::json::value_to<std::string>(request.at("properties").at("posts").at("type")), "array");
        const auto response = boost::json::parse(sum_says.at("mote.response.schema"));
        EXPECT_EQ(boost::json::value_to<std::string>(response.at("properties").at("points").at("type")), "integer");
        EXPECT_EQ(endpoints.at(1).metadata,
                  (micro::metadata{{"mote.request.type", "text/plain"}, {"mote.response.type", "text/plain"}}));
        EXPECT_EQ(endpoints.at(2).metadata, micro::metadata{});
    });
}

TEST_F(typed_test, a_typed_call_meets_a_typed_endpoint) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Sums"));
        service.endpoint("sum", sum);
        co_await service.start(here.connection);
        micro::client client(here.caller);
        page_of_posts page;
        page.posts = {{"a", 1, {}}, {"b", 41, "https://b"}};
        const auto got = co_await client.call<total>("Sums", "sum", page);
        EXPECT_EQ(got.count, 2);
        EXPECT_EQ(got.points, 42);
    });
}

}  // namespace
}  // namespace mote::test
