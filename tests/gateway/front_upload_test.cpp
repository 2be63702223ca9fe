// Bodies for functions that do not read them.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/own_memory.hpp>
#include <tests/gateway/unread_bytes.hpp>

#include <array>

namespace mote::test {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

struct unread_case {
    const char* name;
    const char* command;
    const char* variables;
};
// The second takes connections, and nothing from them; without blanks, as those would part its arguments.
constexpr std::array<unread_case, 2> unread_cases{{
    {"streaming", "sleep 71850.25", R"(,"envVars":{"mode":"streaming","exec_timeout":"1h"})"},
    {"http",
     "python3 -c list(iter(__import__('socket').create_server(('127.0.0.1',int(__import__('os').environ['PORT'])))"
     ".accept,0))",
     R"(,"envVars":{"mode":"http","exec_timeout":"1h"})"},
}};

/// Sends a body without end until that is cut off; counts its bytes.
asio::awaitable<void> send_without_end(raw_conversation* peer, std::size_t* sent, bool* over) {
    constexpr std::size_t piece = 65'536;
    const auto chunk = "10000\r\n" + std::string(piece, 'x') + "\r\n";
    try {
        for (;;) {
            co_await peer->send(chunk);
            *sent += piece;
        }
    } catch (const boost::system::system_error&) {
        *over = true;
    }
}

asio::awaitable<void> expect_waiting_sender(front_world* here, unread_case of) {
    co_await here->deploy(of.name, of.command, of.variables);
    const auto before = bytes_in_memory();
    std::size_t sent = 0;
    bool over = false;
    const auto head = "POST /function/" + std::string(of.name) +
                      " HTTP/1.1\r\nHost: x\r\nX-Timeout: 10s\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto peer = co_await raw_conversation::begin(here->server.port(), head);
    asio::co_spawn(here->connection.executor(), send_without_end(&peer, &sent, &over), asio::detached);
    const bool began = co_await eventually([&] { return sent != 0; });
    EXPECT_TRUE(began);
    const auto until = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < until) {
        const auto answer = co_await here->ask("POST", "/function/cat", "still here");
        EXPECT_EQ(answer.body, "still here");
    }
    // Who reads takes hundreds of megabytes in that time. What is less is in the buffers of the kernel's sockets.
    EXPECT_FALSE(over) << "it has to wait, not to fail";
    EXPECT_LT(sent, 32 * mebibyte) << of.name;
    EXPECT_LT(bytes_in_memory(), before + 64 * mebibyte + kept_though_freed) << of.name;
    peer.close();  // which is behind all that nobody reads
    for (int i = 0; i < 4000 && here->server.in_flight() != 0; ++i) co_await pause_for(10ms);
    EXPECT_EQ(here->server.in_flight(), 0U) << of.name;
    const bool noticed = co_await eventually([&] { return over; });
    EXPECT_TRUE(noticed) << of.name;
}

using front_upload = front_test;

TEST_F(front_upload, for_a_function_that_does_not_read_it_waits_and_holds_nobody_up) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        co_await here.deploy("cat", "cat");
        for (const auto& each : unread_cases) co_await expect_waiting_sender(&here, each);
        here.failures.clear();
    });
}

/// True when what `peer` has sent is not read, and not as the gateway had no time for it.
asio::awaitable<bool> stays_unread(front_world* here, raw_conversation* peer) {
    constexpr int least_looks = 100;  // between which the gateway has its turns
    const auto until = std::chrono::steady_clock::now() + 500ms;
    for (int looks = 0; looks < least_looks || std::chrono::steady_clock::now() < until; ++looks) {
        if (unread_bytes(here->server.port(), peer->port()) == std::size_t{0}) co_return false;
        co_await pause_for(1ms);
    }
    co_return true;
}

/// A little more of a body than is read of it: the end of the connection does not have to wait behind that.
asio::awaitable<void> send_until_unread(front_world* here, raw_conversation* peer) {
    const auto chunk = "4000\r\n" + std::string(16'384, 'x') + "\r\n";
    bool full = false;
    for (std::size_t sent = 0; !full && sent < 64 * mebibyte; sent += chunk.size()) {
        co_await peer->send(chunk);
        full = co_await stays_unread(here, peer);
    }
    EXPECT_TRUE(full) << "all is read";
}

asio::awaitable<void> expect_noticed_client(front_world* here, unread_case of, void (raw_conversation::*leave)()) {
    const auto head =
        "POST /function/" + std::string(of.name) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto peer = co_await raw_conversation::begin(here->server.port(), head);
    co_await send_until_unread(here, &peer);
    EXPECT_EQ(here->server.in_flight(), 1U) << of.name;
    (peer.*leave)();
    const bool over = co_await eventually([&] { return here->server.in_flight() == 0; });
    EXPECT_TRUE(over) << of.name;
}

TEST_F(front_upload, for_a_function_that_does_not_read_it_ends_with_its_client) {
    gateway::front_options opts;
    opts.services.timeout = 10min;
    with_front(
        [](front_world& here) -> asio::awaitable<void> {
            for (const auto& each : unread_cases) {
                co_await here.deploy(each.name, each.command, each.variables);
                co_await expect_noticed_client(&here, each, &raw_conversation::close);
                co_await expect_noticed_client(&here, each, &raw_conversation::reset);
            }
            here.failures.clear();
        },
        opts);
}

}  // namespace
}  // namespace mote::test
