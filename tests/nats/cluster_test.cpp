#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/loopback.hpp>

#include <memory>
#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::event_kind;

/// Two servers that know of each other.
class live_cluster : public live_nats {
protected:
    struct pair {
        std::unique_ptr<nats_server> first;
        std::unique_ptr<nats_server> second;
        std::uint16_t route = 0;

        static nats_server_options member(std::uint16_t listen, std::uint16_t other) {
            nats_server_options options = core_only();
            options.config = "cluster { name: c, listen: \"127.0.0.1:" + std::to_string(listen) + "\"";
            if (other != 0) options.config += ", routes: [ \"nats://127.0.0.1:" + std::to_string(other) + "\" ]";
            options.config += " }\nlame_duck_duration: \"30s\", lame_duck_grace_period: \"100ms\"";
            return options;
        }
        void start_first() {
            route = free_port();
            first = std::make_unique<nats_server>(member(route, 0));
        }
        void start_second() { second = std::make_unique<nats_server>(member(free_port(), route)); }
        static std::string name(const nats_server& server) { return "127.0.0.1:" + std::to_string(server.port()); }
    };

    void SetUp() override {
        live_nats::SetUp();
        if (!IsSkipped() && !HasFatalFailure()) servers.start_first();
    }
    pair servers;
};

TEST_F(live_cluster, is_discovered_when_it_was_there_before) {
    servers.start_second();
    auto opts = options_for(*servers.first);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, pair& both, event_log seen) -> asio::awaitable<void> {
        {  // the servers have met when one tells of the other
            const auto probe = co_await connection::connect(options_for(*both.first));
            EXPECT_TRUE(co_await eventually([&] { return probe.server().connect_urls.size() == 2; }));
        }
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(seen.count(event_kind::discovered_servers), 1u);
        const auto known = nc.servers();
        EXPECT_EQ(known.size(), 2u);
        EXPECT_EQ(known.front().name, pair::name(*both.first)) << "the one in use";
        EXPECT_EQ(known.back().name, pair::name(*both.second));
        EXPECT_TRUE(known.back().discovered);
        auto sub = nc.subscribe("a");
        both.first->kill();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), pair::name(*both.second));
        nc.publish("a", "on the other one");
        EXPECT_EQ((co_await sub.next(5s))->payload(), "on the other one");
    }(opts, servers, log));
}

TEST_F(live_cluster, is_discovered_when_it_grows) {
    auto opts = options_for(*servers.first);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, pair& both, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(seen.count(event_kind::discovered_servers), 0u);
        both.start_second();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::discovered_servers));
        const std::set<std::string> told(nc.server().connect_urls.begin(), nc.server().connect_urls.end());
        EXPECT_TRUE(told.contains(pair::name(*both.second)));
        both.first->stop();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), pair::name(*both.second));
    }(opts, servers, log));
}

TEST_F(live_cluster, is_not_used_when_told_so) {
    servers.start_second();
    auto opts = options_for(*servers.first);
    opts.ignore_discovered_servers = true;
    opts.reconnect.max_rounds = 3;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, pair& both, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_TRUE(co_await eventually([&] { return nc.server().connect_urls.size() == 2; }));
        both.first->kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::closed));
        EXPECT_EQ(seen.count(event_kind::discovered_servers), 0u);
        EXPECT_EQ(seen.count(event_kind::reconnected), 0u);
    }(opts, servers, log));
}

TEST_F(live_cluster, tells_of_a_lame_duck_which_is_left_in_time) {
    auto opts = options_for(*servers.first);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, pair& both, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        both.start_second();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::discovered_servers));
        both.first->lame_duck();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::lame_duck));
        EXPECT_EQ(seen.last(event_kind::lame_duck).server, pair::name(*both.first));
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), pair::name(*both.second));
        EXPECT_FALSE(nc.server().lame_duck);
        EXPECT_EQ(seen.count(event_kind::lame_duck), 1u);
    }(opts, servers, log));
    EXPECT_TRUE(servers.first->wait_for_end());
}

TEST_F(live_cluster, gets_all_that_is_published_while_a_lame_duck_is_left) {
    servers.start_second();
    auto opts = options_for(*servers.first);
    opts.randomize_servers = false;
    opts.lame_duck_spread = 20ms;  // the server closes links after 100 ms
    const event_log log;
    log.watch(opts);
    run([](nats::options how, pair& both, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        const auto other = co_await connection::connect(options_for(*both.second));
        std::set<std::string> received;
        auto sub = other.subscribe("a", [&](const nats::message_view& message) { received.emplace(message.payload); });
        co_await other.flush();
        const auto meets = [&]() -> bool {  // the first server knows of the subscription at the second
            nc.publish("a", "0");
            return !received.empty();
        };
        EXPECT_TRUE(co_await eventually(meets));
        const auto discovered = [&] { return nc.server().connect_urls.size() == 2; };
        EXPECT_TRUE(co_await eventually(discovered));
        both.first->lame_duck();
        int last = 0;
        while (nc.stats().reconnects == 0 && last < 100'000) {
            for (int i = 0; i < 10; ++i) nc.publish("a", std::to_string(++last));
            co_await turn();
        }
        co_await nc.flush();
        EXPECT_EQ(nc.connected_server(), pair::name(*both.second));
        EXPECT_EQ(seen.last(event_kind::disconnected).error, nats::errc::moved);
        EXPECT_GT(last, 10);
        const auto all = static_cast<std::size_t>(last) + 1;
        const auto all_came = [&received, all] { return received.size() == all; };
        EXPECT_TRUE(co_await eventually(all_came)) << received.size() << " of " << all;
    }(opts, servers, log));
}

/// The script of a server that told of another one, which was retired.
TEST_F(live_cluster, forgets_a_server_that_was_retired) {
    scripted_server retired([](scripted_link& link, int) { link.greet(); });
    const std::string info = R"({"server_id":"S","headers":true,"max_payload":1048576,"connect_urls":[)";
    const auto name = [](const scripted_server& server) { return "127.0.0.1:" + std::to_string(server.port()); };
    const std::string other = "\"" + name(retired) + "\"";
    std::string itself;
    scripted_server left([&](scripted_link& link, int number) {
        link.greet(info + itself + (number == 1 ? "," + other : "") + "]}");
        if (number != 1) {
            link.read_all();
            return;
        }
        link.read_until("PING\r\n");
        link.send("PONG\r\nINFO " + info + itself + "]}\r\n");
        link.read_until("PING\r\n");
        link.send("PONG\r\n");
        link.read_until("PING\r\n");  // and closes
    });
    itself = "\"" + name(left) + "\"";
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.servers().size(), 2u);
        co_await nc.flush();
        co_await nc.flush();
        EXPECT_EQ(nc.servers().size(), 1u);
        auto lost = nc.flush();
        EXPECT_TRUE((co_await failure_of(std::move(lost))).code);
        const auto back = [&] { return nc.stats().reconnects == 1; };
        EXPECT_TRUE(co_await eventually(back));
        EXPECT_EQ(nc.servers().size(), 1u);
        nc.close();
    }(options_for(left.url())));
    EXPECT_EQ(left.connections(), 2);
    EXPECT_EQ(retired.connections(), 0);
}

}  // namespace
}  // namespace mote::test
