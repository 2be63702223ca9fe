#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/resource.h>
#include <sys/socket.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;

/// What a link is, when it is given up, and when it is not.
class live_link : public live_nats {};

/// What sets the pace of this process's connection to `port` of 127.0.0.1.
std::optional<std::string> congestion_control_to(std::uint16_t port) {
    rlimit most{};
    ::getrlimit(RLIMIT_NOFILE, &most);
    for (int each = 0; each < static_cast<int>(std::min<rlim_t>(most.rlim_cur, 65536)); ++each) {
        sockaddr_in peer{};
        socklen_t size = sizeof(peer);
        if (::getpeername(each, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET) continue;
        if (ntohs(peer.sin_port) != port) continue;
        std::string name(16, '\0');
        auto length = static_cast<socklen_t>(name.size());
        if (::getsockopt(each, IPPROTO_TCP, TCP_CONGESTION, name.data(), &length) != 0) return {};
        return std::string(name.c_str());
    }
    return {};
}

TEST_F(live_link, is_not_paced_within_the_machine) {
    const nats_server server(core_only());
    run([](nats::options how, std::uint16_t port) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(congestion_control_to(port), "reno");
    }(options_for(server), server.port()));
}

TEST_F(live_link, takes_a_link_for_stale_that_does_not_answer_pings) {
    std::string first_link;
    {
        scripted_server server([&](scripted_link& link, int number) {
            link.greet();
            const auto said = link.read_all();
            if (number == 1) first_link = said;
        });
        auto opts = options_for(server.url());
        opts.ping_interval = 20ms;
        opts.max_pings_out = 3;
        const event_log log;
        log.watch(opts);
        run([](nats::options how, event_log seen) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(how);
            EXPECT_TRUE(co_await seen.wait_for(event_kind::reconnected));
            EXPECT_EQ(seen.all().at(1).kind, event_kind::disconnected);
            EXPECT_EQ(seen.all().at(1).error, errc::stale_connection);
        }(opts, log));
    }
    EXPECT_EQ(first_link, "PING\r\nPING\r\nPING\r\n");
}

TEST_F(live_link, keeps_a_link_that_answers_pings) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    opts.ping_interval = 10ms;
    opts.max_pings_out = 20;  // a busy machine is no dead server
    run([](nats::options how, const tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        const auto pings = [&between] {
            const auto said = between.connections().at(0).bytes(proxy_direction::to_target);
            std::size_t count = 0;
            for (auto at = said.find("PING"); at != std::string::npos; at = said.find("PING", at + 1)) ++count;
            return count;
        };
        EXPECT_TRUE(co_await eventually([&] { return pings() > 40; }));
        EXPECT_EQ(nc.stats().reconnects, 0u);
        EXPECT_EQ(nc.status(), connection_status::connected);
    }(opts, proxy));
}

TEST_F(live_link, answers_the_pings_of_the_server) {
    nats_server_options options = core_only();
    options.config = "ping_interval: \"50ms\", ping_max: 2";
    connected(
        [](nats_server&, connection nc) -> asio::awaitable<void> {
            auto sub = nc.subscribe("a");
            auto waiting = sub.next(500ms);
            EXPECT_EQ((co_await failure_of(std::move(waiting))).code, errc::timeout);
            EXPECT_EQ(nc.stats().reconnects, 0u);
            EXPECT_EQ(nc.status(), connection_status::connected);
        },
        options);
}

/// Connects to a server that says `bytes` on the first link and expects that the link is given up with `expected`.
void expect_new_link_after(std::string bytes, errc expected, std::string detail) {
    scripted_server server([bytes](scripted_link& link, int number) {
        link.greet();
        if (number == 1) link.send(bytes);
        link.read_all();
    });
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen, errc code, std::string text) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_TRUE(co_await seen.wait_for(event_kind::reconnected));
        EXPECT_EQ(seen.last(event_kind::disconnected).error, code);
        EXPECT_EQ(seen.last(event_kind::error).error, code);
        EXPECT_EQ(seen.last(event_kind::error).detail, text);
    }(opts, log, expected, detail));
}

TEST_F(live_link, leaves_a_link_that_is_out_of_step) {
    expect_new_link_after("HELLO\r\n", errc::protocol_error, "unknown operation");
    expect_new_link_after("MSG a 1 x\r\n", errc::protocol_error, "not a number");
    expect_new_link_after("MSG a 1 2\r\nabXX", errc::protocol_error, "message without its end");
}

TEST_F(live_link, leaves_a_link_that_the_server_ends_with_an_error) {
    expect_new_link_after("-ERR 'Stale Connection'\r\n", errc::stale_connection, "Stale Connection");
    expect_new_link_after("-ERR 'Something New'\r\n", errc::server_error, "Something New");
    expect_new_link_after("-ERR 'maximum account active connections exceeded'\r\n", errc::too_many_connections,
                          "maximum account active connections exceeded");
}

TEST_F(live_link, keeps_a_link_past_errors_that_the_server_survives) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.send(
            "-ERR 'Maximum Subscriptions Exceeded'\r\n-ERR 'Permissions Violation for Publish to \"x\"'\r\n+OK\r\n"
            "INFO nonsense\r\n");
        link.read_until("PING\r\n");
        link.send("PONG\r\n");
        link.read_all();
    });
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        co_await nc.flush();
        EXPECT_EQ(seen.count(event_kind::error), 3u);
        EXPECT_EQ(seen.last(event_kind::error).error, errc::protocol_error);
        EXPECT_EQ(nc.stats().reconnects, 0u);
    }(opts, log));
}

TEST_F(live_link, survives_a_server_that_ends_in_order) {
    nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& restarted, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            restarted.restart();
            co_await wait_reconnected(nc, i);
            EXPECT_EQ(seen.count(event_kind::disconnected), i);
            EXPECT_EQ(seen.last(event_kind::reconnected).server, nc.connected_server());
        }
    }(opts, server, log));
}

}  // namespace
}  // namespace mote::test
