// What is between a client and the gateway alone: headers about the connection, its protocol, and how it ends.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>

#include <mote/micro.hpp>

#include <array>

namespace mote::test {
namespace {

using front_connection = front_test;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 8> hop_by_hop{"Http_X_A=",     "Http_X_B=", "Http_Keep_Alive=", "Http_Proxy",
                                                "Http_Upgrade=", "Http_Te=",  "Http_Trailer=",    "Http_Connection="};
constexpr const char* handshake =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";
constexpr std::array<const char*, 3> websocket_paths{"/function/env", "/room", "/service/Room/enter"};

asio::awaitable<std::string> answer_to_head(front_world* here, std::string head) {
    auto peer = co_await raw_conversation::begin(here->server.port(), std::move(head) + "Connection: close\r\n\r\n");
    auto all = co_await peer.read_all();
    co_return all;
}

TEST_F(front_connection, keeps_its_own_headers_from_the_function_by_whatever_line_they_are_named) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("env", "env");
        const auto answer = co_await answer_to_head(
            &here,
            "GET /function/env HTTP/1.1\r\nHost: x\r\nConnection: X-A\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3\r\n"
            "Keep-Alive: timeout=5\r\nProxy-Authorization: Basic eDp4\r\nProxy-Connection: keep-alive\r\n"
            "TE: trailers\r\nTrailer: X-D\r\nUpgrade: h2c\r\nConnection: upgrade, x-b\r\n");
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << "another protocol may be passed over: " << answer;
        EXPECT_TRUE(contains(answer, "Http_X_C=3\n")) << answer;
        for (const std::string name : hop_by_hop) EXPECT_FALSE(contains(answer, name)) << name << " in " << answer;
    });
}

TEST_F(front_connection, tells_a_function_by_which_host_it_was_asked) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("env", "env");
        const std::string head = "GET /function/env HTTP/1.1\r\nHost: shop.example:81\r\n";
        const auto set = co_await answer_to_head(&here, head);
        EXPECT_TRUE(contains(set, "Http_X_Forwarded_Host=shop.example:81\n")) << set;
        const auto kept = co_await answer_to_head(&here, head + "X-Forwarded-Host: front.example\r\n");
        EXPECT_TRUE(contains(kept, "Http_X_Forwarded_Host=front.example\n")) << kept;
        EXPECT_TRUE(contains(kept, "Http_Host=shop.example:81\n")) << kept;
    });
}

TEST_F(front_connection, is_refused_to_become_one_of_websockets) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    opts.services.refresh = 50ms;
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("env", "env");
            micro::service_config config;
            config.name = "Room";
            config.version = "1.0.0";
            micro::service room(config);
            micro::endpoint_options routed;
            routed.metadata["http.route"] = "GET /room";
            room.endpoint("enter", [](micro::request& asked) { asked.respond("entered"); }, routed);
            co_await room.start(here.node_connection);
            http::response seen;
            for (int i = 0; i < 2000 && seen.status != 200; ++i) {
                seen = co_await here.ask("GET", "/room");
                co_await pause_for(10ms);
            }
            EXPECT_EQ(seen.body, "entered") << "to a plain request";
            for (const std::string path : websocket_paths) {
                const auto refused =
                    co_await answer_to_head(&here, "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + handshake);
                EXPECT_TRUE(refused.starts_with("HTTP/1.1 501 ")) << path << refused;
                EXPECT_TRUE(contains(refused, "WebSockets are not passed on")) << refused;
                EXPECT_EQ(contains(refused, "X-Call-Id: "), path.starts_with("/function/")) << refused;
            }
            const auto posted = co_await here.ask("POST", "/function/env", "x", sent_with("Upgrade", "websocket"));
            EXPECT_EQ(posted.status, 200) << "it is no handshake";
            const auto old = co_await answer_to_head(&here, "GET /function/env HTTP/1.0\r\n" + std::string(handshake));
            EXPECT_TRUE(old.starts_with("HTTP/1.1 200 ")) << "HTTP/1.0 has no Upgrade: " << old;
            co_await room.stop(5s);
        },
        opts);
    EXPECT_TRUE(contains(*accesses.text, R"("method":"GET","path":"/function/env","status":501,)")) << *accesses.text;
}

constexpr const char* cut_script = "echo data: first; sleep 71870.25\n";

std::string events_until(const std::string& version, const std::string& timeout) {
    const std::string script = cut_script;
    return "POST /function/events HTTP/" + version + "\r\nHost: x\r\nX-Timeout: " + timeout +
           "\r\nConnection: close\r\nContent-Length: " + std::to_string(script.size()) + "\r\n\r\n" + script;
}

TEST_F(front_connection, is_broken_off_where_the_time_ends_an_answer_that_has_begun) {
    const kept_log accesses;
    gateway::front_options opts;
    opts.access_log = accesses.sink();
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            co_await here.deploy("events", "sh", R"(,"envVars":{"mode":"streaming","exec_timeout":"1h"})");
            // Long enough for both to begin.
            auto chunked = co_await raw_conversation::begin(here.server.port(), events_until("1.1", "8s"));
            auto old = co_await raw_conversation::begin(here.server.port(), events_until("1.0", "8s"));
            const auto pieces = co_await chunked.read_all();
            EXPECT_TRUE(contains(pieces, "data: first\n")) << pieces;
            EXPECT_FALSE(contains(pieces, "\r\n0\r\n")) << "it is not whole: " << pieces;
            const auto half = co_await old.read_all();
            EXPECT_TRUE(half.ends_with("\r\n\r\ndata: first\n")) << half;
            EXPECT_EQ(old.ended(), asio::error::connection_reset) << "the end alone would say that this is all";
            EXPECT_EQ(here.failures.size(), 2U) << "a person is told, too";
            here.failures.clear();
            const auto metrics = co_await here.client.send(
                http::request("GET", "http://127.0.0.1:" + std::to_string(here.operations.port()) + "/metrics"));
            EXPECT_TRUE(contains(metrics.body,
                                 R"(gateway_function_invocation_total{function_name="events.openfaas-fn",)"
                                 R"(code="502"} 2)"))
                << metrics.body;
        },
        opts);
    EXPECT_TRUE(contains(*accesses.text, R"("path":"/function/events","status":502,)")) << *accesses.text;
}

}  // namespace
}  // namespace mote::test
