#pragma once

#include <mote/jetstream/context.hpp>
#include <tests/nats/live.hpp>

#include <chrono>
#include <sstream>
#include <string>
#include <utility>

namespace mote::test {

/// Expects that a stream has so many consumers, or will have them soon: servers delete after the answer to a later PING.
inline asio::awaitable<void> expect_consumers(jetstream::context js, std::string stream, int count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    int seen = -1;
    while (seen != count && std::chrono::steady_clock::now() < deadline) {
        const auto info = co_await js.stream(stream);
        seen = info.state.consumers;
    }
    EXPECT_EQ(seen, count) << stream;
}

/// Whether the server of a connection is this old or newer: some features came late.
inline bool server_at_least(const jetstream::context& js, int major, int minor) {
    std::istringstream version(js.connection().server().version);
    int is_major = 0;
    int is_minor = 0;
    char dot = 0;
    version >> is_major >> dot >> is_minor;
    EXPECT_EQ(dot, '.') << version.str();
    return std::pair(is_major, is_minor) >= std::pair(major, minor);
}

/// A test against a real server of its own.
class live_test : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    /// Starts a server, connects, runs `body(server, js)`.
    template <class Body>
    void with_jetstream(Body body, nats_server_options options = {}) {
        nats_server server(std::move(options));
        run(connected(server, body));
    }

private:
    template <class Body>
    static asio::awaitable<void> connected(nats_server& server, Body body) {
        auto connection = co_await connect_to(server);
        const jetstream::context js(connection);
        co_await body(server, js);
        connection.close();
    }
};

}  // namespace mote::test
