// What is asked by the names of service and endpoint: functions, streams that nobody announced, and what cannot be asked.

#include <tests/gateway/front_world.hpp>

#include <mote/micro.hpp>
#include <mote/micro/answer_stream.hpp>

#include <array>

namespace mote::test {
namespace {

using front_by_name = front_test;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 6> own_paths{"/function/{x}", "/healthz",         "/services",
                                               "/openapi.json", "/service/{a}/{b}", "/async-function/{x}/result"};

gateway::front_options with_all_exposed() {
    gateway::front_options opts;
    opts.services.expose = {"*"};
    return opts;
}

micro::service_config config_of(const std::string& name) {
    micro::service_config config;
    config.name = name;
    config.version = "1.0.0";
    return config;
}

micro::endpoint_options exposed(const std::string& key = "http.expose", const std::string& value = "true") {
    micro::endpoint_options opts;
    opts.metadata[key] = value;
    return opts;
}

void expect_same(const http::response& by_name, const http::response& by_path) {
    EXPECT_EQ(by_name.status, by_path.status);
    EXPECT_EQ(by_name.body, by_path.body);
    EXPECT_EQ(by_name.header("Content-Type"), by_path.header("Content-Type"));
    EXPECT_TRUE(by_name.header("X-Call-Id"));
    EXPECT_TRUE(by_name.header("X-Duration-Seconds"));
}

TEST_F(front_by_name, functions_answer_as_they_do_at_their_own_path) {
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("hi", "cat", R"(,"envVars":{"mode":"streaming","content_type":"text/tea"})");
            co_await here.deploy("classic", "env");
            co_await here.deploy("fails", "false", R"(,"envVars":{"mode":"serializing"})");
            const std::string large(900'000, 'x');  // in many pieces
            const auto by_name = co_await here.ask("POST", "/service/hi/call", large);
            const auto by_path = co_await here.ask("POST", "/function/hi", large);
            EXPECT_EQ(by_path.status, 200);
            EXPECT_EQ(by_path.header("Content-Type"), "text/tea");
            EXPECT_EQ(by_name.body.size(), large.size());
            expect_same(by_name, by_path);
            const auto bad = co_await here.ask("POST", "/service/fails/call", "x");
            const auto bad_by_path = co_await here.ask("POST", "/function/fails", "x");
            EXPECT_EQ(bad.status, 500);
            expect_same(bad, bad_by_path);
            const auto seen = co_await here.ask("POST", "/service/classic/call", "x", sent_with("X-Call-Id", "mine"));
            EXPECT_EQ(seen.status, 200);
            EXPECT_TRUE(contains(seen.body, "Http_Path=/\n")) << seen.body;
            EXPECT_TRUE(contains(seen.body, "Http_X_Call_Id=mine\n")) << seen.body;
            EXPECT_EQ(seen.header("X-Call-Id"), "mine");
        },
        with_all_exposed());
}

micro::reply_stream<int> count_for_ever() {
    for (int i = 1;; ++i) {
        co_yield i;
        co_await pause_for(1ms);
    }
}

/// Its endpoint says nothing of a stream.
asio::awaitable<void> send_for_ever(micro::request asked) {
    auto items = count_for_ever();
    co_await micro::answer_stream(std::move(asked), std::move(items));
}

micro::reply_stream<int> no_items() { co_return; }

asio::awaitable<void> send_nothing(micro::request asked) {
    auto items = no_items();
    co_await micro::answer_stream(std::move(asked), std::move(items));
}

TEST_F(front_by_name, a_stream_that_its_metadata_does_not_say_is_502_and_is_ended) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        micro::service service(config_of("Odd"));
        service.endpoint("ever", send_for_ever, exposed());
        service.endpoint("nothing", send_nothing, exposed());
        co_await service.start(here.node_connection);
        const auto ever = co_await here.ask("POST", "/service/Odd/ever", "x");
        EXPECT_EQ(ever.status, 502) << ever.body;
        EXPECT_TRUE(contains(ever.body, "mote.reply=stream")) << ever.body;
        const auto nothing = co_await here.ask("POST", "/service/Odd/nothing", "x");
        EXPECT_EQ(nothing.status, 502) << nothing.body;
        const bool stopped = co_await eventually([&] { return service.stats().endpoints.at(0).in_flight == 0; });
        EXPECT_TRUE(stopped) << "it was told that nobody reads it";
        co_await service.stop();
    });
}

TEST_F(front_by_name, what_has_wildcards_or_no_route_that_can_be_read_is_404) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        micro::service service(config_of("Raw"));
        auto wild = exposed();
        wild.subject = "wild.*";
        service.endpoint("wild", [](micro::request& asked) { asked.respond("never"); }, wild);
        service.endpoint(
            "good", [](micro::request& asked) { asked.respond("good"); }, exposed("http.route", "GET /good"));
        service.endpoint("bad", [](micro::request& asked) { asked.respond("bad"); }, exposed("http.route", "FOO bar"));
        service.endpoint("empty", [](micro::request& asked) { asked.respond("bad"); }, exposed("http.route", ""));
        co_await service.start(here.node_connection);
        const auto wildcards = co_await here.ask("POST", "/service/Raw/wild", "x");
        EXPECT_EQ(wildcards.status, 404) << wildcards.body;
        EXPECT_TRUE(contains(wildcards.body, "wildcards")) << wildcards.body;
        const auto good = co_await here.ask("POST", "/service/Raw/good", "x");
        EXPECT_EQ(good.status, 200) << good.body;
        const auto bad = co_await here.ask("POST", "/service/Raw/bad", "x");
        EXPECT_EQ(bad.status, 404) << bad.body;
        const auto empty = co_await here.ask("POST", "/service/Raw/empty", "x");
        EXPECT_EQ(empty.status, 404) << empty.body;
        boost::json::value told;
        for (int i = 0; i < 2000; ++i) {
            told = co_await here.json("/openapi.json");
            if (told.at("paths").as_object().contains("/good")) break;
            co_await pause_for(10ms);
        }
        const auto& paths = told.at("paths").as_object();
        EXPECT_TRUE(paths.contains("/service/Raw/good")) << told;
        EXPECT_FALSE(paths.contains("/service/Raw/bad")) << told;
        EXPECT_FALSE(paths.contains("/service/Raw/wild")) << told;
        co_await service.stop();
    });
}

TEST_F(front_by_name, routes_that_the_gateway_answers_itself_are_not_described) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        micro::service service(config_of("Shadow"));
        const auto add = [&service](const std::string& name, const std::string& route) {
            service.endpoint(
                name, [](micro::request& asked) { asked.respond("theirs"); }, exposed("http.route", route));
        };
        int count = 0;
        for (const std::string path : own_paths) add("own" + std::to_string(++count), "GET " + path);
        add("list", "GET /system/functions");
        add("drop", "PATCH /system/function/{name}");  // a 405 of the gateway
        add("told", "POST /healthz");
        add("extra", "GET /system/extra");
        add("mine", "GET /mine");
        co_await service.start(here.node_connection);
        boost::json::value told;
        for (int i = 0; i < 2000; ++i) {
            told = co_await here.json("/openapi.json");
            if (told.at("paths").as_object().contains("/mine")) break;
            co_await pause_for(10ms);
        }
        const auto& paths = told.at("paths").as_object();
        for (const std::string path : own_paths)
            EXPECT_TRUE(!paths.contains(path) || !paths.at(path).as_object().contains("get")) << path << told;
        EXPECT_FALSE(paths.contains("/system/functions")) << told;
        EXPECT_FALSE(paths.contains("/system/function/{name}")) << told;
        EXPECT_TRUE(paths.contains("/healthz")) << told;
        EXPECT_TRUE(paths.contains("/system/extra")) << told;
        const auto posted = co_await here.ask("POST", "/healthz", "x");
        EXPECT_EQ(posted.body, "theirs") << "what is described is what is asked";
        const auto extra = co_await here.ask("GET", "/system/extra");
        EXPECT_EQ(extra.body, "theirs");
        const auto health = co_await here.ask("GET", "/healthz");
        EXPECT_EQ(health.body, "ok\n");
        co_await service.stop();
    });
}

}  // namespace
}  // namespace mote::test
