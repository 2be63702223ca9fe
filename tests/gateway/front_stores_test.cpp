// A NATS server that comes back otherwise than it went: without what was kept on it, or with JetStream for the first time.

#include <tests/gateway/front_world.hpp>

#include <array>

namespace mote::test {
namespace {

using front_stores = front_test;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 7> all_that_is_kept{"KV_mote_functions", "KV_mote_nodes", "KV_mote_secrets",
                                                      "OBJ_mote_bundles",  "mote_logs",     "mote_async",
                                                      "KV_mote_calls"};

/// The answer once it has that status, or the last one.
asio::awaitable<http::response> once_it_is(front_world* here, int status, std::string method, std::string path,
                                           std::string body) {
    http::response answer;
    for (int i = 0; i < 1500; ++i) {
        answer = co_await here->ask(method, path, body);
        if (answer.status == status) break;
        co_await pause_for(20ms);
    }
    EXPECT_EQ(answer.status, status) << method << " " << path << ": " << answer.body;
    co_return answer;
}

TEST_F(front_stores, are_made_again_when_the_server_has_lost_them) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("old", "cat");
        const jetstream::context js(here.node_connection);
        for (const std::string stream : all_that_is_kept) co_await js.delete_stream(stream);
        const auto body = R"({"service":"new","image":"functions/alpine","envProcess":"cat"})";
        co_await once_it_is(&here, 202, "POST", "/system/functions", body);
        const auto called = co_await once_it_is(&here, 200, "POST", "/function/new", "hello");
        EXPECT_EQ(called.body, "hello");
        co_await once_it_is(&here, 404, "POST", "/function/old", "hello");
        const auto queued = co_await once_it_is(&here, 202, "POST", "/async-function/new", "hello");
        const auto id = std::string(queued.header("X-Call-Id").value_or(""));
        const auto result = co_await once_it_is(&here, 200, "GET", "/async-function/" + id + "/result", "");
        EXPECT_EQ(result.body, "hello");
    });
}

class front_of_a_server : public live_test {};

TEST_F(front_of_a_server, that_is_started_again_with_jetstream_has_functions_from_then_on) {
    with_jetstream(
        [](nats_server& without, jetstream::context js) -> asio::awaitable<void> {
            gateway::front web(js.connection(), gateway::front_options());
            co_await web.start();
            http::server server(js.connection().executor(), http::server_options(), web.handler());
            http::client_options options;
            options.proxy = "";
            options.retries = 0;
            http::client client(js.connection().executor(), options);
            const auto url = "http://127.0.0.1:" + std::to_string(server.port()) + "/system/functions";
            const auto before = co_await client.get(url);
            EXPECT_EQ(before.status, 503) << before.body;
            without.stop();
            nats_server_options same_port;
            same_port.port = without.port();
            const nats_server with(same_port);
            http::response after;
            for (int i = 0; i < 1500 && after.status != 200; ++i) {
                after = co_await client.get(url);
                co_await pause_for(20ms);
            }
            EXPECT_EQ(after.status, 200) << after.body;
            EXPECT_EQ(after.body, "[]");
            co_await server.stop(5s);
            co_await web.stop();
        },
        core_only());
}

}  // namespace
}  // namespace mote::test
