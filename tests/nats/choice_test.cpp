#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::known_server;
using nats::server_choice;
using nats::server_info;

std::string name_of(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
std::string name_of(const nats_server& server) { return name_of(server.port()); }

// ---- the callback that chooses

class live_choice : public live_nats {};

TEST_F(live_choice, of_the_next_server_is_the_users) {
    nats_server first(core_only());
    const nats_server second(core_only());
    const auto nobody = name_of(free_port());
    auto opts = options_for(first);
    opts.servers = {nobody, first.url(), second.url()};
    opts.randomize_servers = false;
    std::vector<std::vector<known_server>> asked;
    std::vector<std::string> told_by;
    opts.choose_server = [&](const std::vector<known_server>& servers, const server_info& last) {
        asked.push_back(servers);
        told_by.push_back(last.server_id);
        std::optional<server_choice> choice;
        if (asked.size() == 1) choice = server_choice{nobody, 0ms};
        if (asked.size() == 2) choice = server_choice{name_of(first), 30ms};
        if (asked.size() == 3) choice = server_choice{name_of(first), 0ms};  // which is dead by then
        if (asked.size() == 4) choice = server_choice{name_of(second), 0ms};
        return choice;
    };
    run([](nats::options how, nats_server& gone, std::string last) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.connected_server(), name_of(gone));
        gone.kill();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), last);
    }(opts, first, name_of(second)));
    ASSERT_EQ(asked.size(), 4u);
    EXPECT_EQ(asked[0].size(), 3u);
    EXPECT_EQ(asked[0].front().name, nobody) << "what would be tried";
    EXPECT_FALSE(asked[0].front().discovered);
    EXPECT_EQ(told_by[0], "");
    const auto failed = std::ranges::find(asked[1], nobody, &known_server::name);
    ASSERT_NE(failed, asked[1].end());
    EXPECT_EQ(failed->failures, 1u);
    EXPECT_GT(failed->wait, 0ms);
    EXPECT_LE(failed->wait, 20ms + 5ms + 1ms);
    EXPECT_NE(told_by[2], "") << "the INFO of the server that was lost";
}

TEST_F(live_choice, of_nothing_and_of_a_stranger_leaves_it_as_it_is) {
    const nats_server server(core_only());
    for (int kind = 0; kind < 3; ++kind) {
        auto opts = options_for(server);
        int calls = 0;
        opts.choose_server = [&](const std::vector<known_server>&, const server_info&) -> std::optional<server_choice> {
            ++calls;
            if (kind == 0) throw std::runtime_error("must not throw");
            if (kind == 1) return std::nullopt;
            return server_choice{"10.0.0.1:1", 60s};
        };
        run([](nats::options how) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(how);
            co_await nc.flush();
        }(opts));
        EXPECT_EQ(calls, 1) << kind;
    }
}

// ---- force_reconnect

class live_force : public live_nats {};

TEST_F(live_force, goes_to_another_server_and_keeps_the_subscriptions) {
    const nats_server first(core_only());
    const nats_server second(core_only());
    auto opts = options_for(first);
    opts.servers.push_back(second.url());
    opts.randomize_servers = false;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen, std::string there, std::string back) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("a");
        co_await nc.flush();
        nc.force_reconnect();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), there);
        EXPECT_EQ(seen.last(event_kind::disconnected).error, errc::moved);
        nc.publish("a", "on the other one");
        EXPECT_EQ((co_await sub.next(5s))->payload(), "on the other one");
        std::thread([nc] { nc.force_reconnect(); }).join();  // from any thread
        co_await wait_reconnected(nc, 2);
        EXPECT_EQ(nc.connected_server(), back);
    }(opts, log, name_of(second), name_of(first)));
}

TEST_F(live_force, does_not_wait_where_a_server_would_be_waited_for) {
    nats_server server(core_only());
    auto opts = options_for(server);
    opts.reconnect.min_wait = 10min;
    opts.reconnect.max_wait = 10min;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen, nats_server& restarted) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        restarted.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        restarted.restart();
        nc.force_reconnect();
        co_await wait_reconnected(nc, 1);
        co_await nc.flush();
        nc.force_reconnect();  // the only server there is, which it had a moment ago
        co_await wait_reconnected(nc, 2);
    }(opts, log, server));
}

TEST_F(live_force, ends_a_link_that_has_stalled) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    opts.servers.push_back(server.url());
    opts.randomize_servers = false;
    run([](nats::options how, tcp_proxy& between, std::string direct) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        between.stall();
        nc.publish("a", "waits");
        nc.force_reconnect();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), direct);
    }(opts, proxy, name_of(server)));
}

TEST_F(live_force, does_nothing_when_it_may_not_reconnect_or_is_closed) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    opts.reconnect.enabled = false;
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        nc.force_reconnect();
        co_await nc.flush();
        EXPECT_EQ(nc.status(), connection_status::connected);
        nc.close();
        nc.force_reconnect();
        EXPECT_EQ(nc.status(), connection_status::closed);
    }(opts));
}

// ---- a server that shuts down in good order

TEST_F(live_force, leaves_a_lame_duck_when_it_has_taken_all) {
    const std::string ready = R"({"server_id":"S","headers":true,"max_payload":1048576,"connect_urls":[)";
    std::string of_second;
    std::string after;
    std::atomic<bool> all_taken = false;
    {
        scripted_server second([&](scripted_link& link, int) {
            link.greet();
            of_second = link.read_until("PUB b 4\r\nlast\r\n");
            link.read_all();
        });
        const scripted_server first([&](scripted_link& link, int) {
            const auto urls = "\"" + name_of(second.port()) + "\"]";
            link.greet(ready + urls + "}");
            link.read_until("PUB a 5\r\nearly\r\n");
            link.send("INFO " + ready + urls + R"(,"ldm":true})" + "\r\n");
            link.read_until("PING\r\n");
            link.send("MSG x 1 4\r\nleft\r\n");   // what came before the PONG is not lost
            std::this_thread::sleep_for(2500ms);  // a slow server; some is published meanwhile
            all_taken = true;
            link.send("PONG\r\n");
            after = link.read_all();
        });
        auto opts = options_for(first.url());
        opts.lame_duck_spread = 1ms;
        const event_log log;
        log.watch(opts);
        run([](nats::options how, event_log seen, std::string there,
               const std::atomic<bool>& taken) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(how);
            auto sub = nc.subscribe("x");
            nc.publish("a", "early");
            EXPECT_TRUE(co_await seen.wait_for(event_kind::lame_duck));
            while (nc.stats().reconnects == 0) {
                EXPECT_TRUE(nc.status() == connection_status::connected || taken);
                nc.publish("b", "more");
                asio::steady_timer pause(nc.executor(), 1ms);
                co_await pause.async_wait(asio::use_awaitable);
            }
            nc.publish("b", "last");
            EXPECT_EQ(nc.connected_server(), there);
            EXPECT_EQ(seen.last(event_kind::disconnected).error, errc::moved);
            EXPECT_EQ((co_await sub.next(5s))->payload(), "left");
            nc.close();
        }(opts, log, name_of(second.port()), all_taken));
    }  // the scripts have ended
    EXPECT_EQ(after, "") << "all after the PING is for the next server";
    EXPECT_TRUE(contains(of_second, "PUB b 4\r\nmore\r\n")) << of_second;
}

}  // namespace
}  // namespace mote::test
