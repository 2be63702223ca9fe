#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::message_view;

class live_reconnect : public live_nats {};

// ---- under load

/// Publishes numbers to itself in batches until the server has been killed `kills` times.
asio::awaitable<void> load(nats::options opts, event_log log, int kills, std::atomic<int>& flushed,
                           std::atomic<int>& killed) {
    const auto nc = co_await connection::connect(opts);
    std::vector<int> received;
    auto sub = nc.subscribe(
        "load", [&](const message_view& message) { received.push_back(std::stoi(std::string(message.payload))); });
    co_await nc.flush();
    int next = 0;
    int lost_links_with_load = 0;
    while (killed < kills) {
        const auto losses = log.count(event_kind::disconnected);
        const int first = next;
        for (; next < first + 50; ++next) nc.publish("load", std::to_string(next));
        try {
            co_await nc.flush(20s);
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::disconnected) << failed.what();
            ++lost_links_with_load;
            continue;
        }
        if (log.count(event_kind::disconnected) != losses) continue;  // the batch may have been written to a dead link
        ++flushed;
        // What was flushed over one link has come back over it.
        EXPECT_GE(received.size(), 50u);
        EXPECT_EQ(received.back(), next - 1);
        EXPECT_EQ(received.at(received.size() - 50), first);
    }
    co_await wait_reconnected(nc, static_cast<std::uint64_t>(kills));
    EXPECT_EQ(std::adjacent_find(received.begin(), received.end(), std::greater_equal<>()), received.end())
        << "twice, or out of order";
    EXPECT_GT(lost_links_with_load, 0);
    co_await nc.drain();
}

TEST_F(live_reconnect, loses_nothing_that_was_flushed_when_the_server_is_killed_under_load) {
    constexpr int kills = 12;
    nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    std::atomic<int> flushed = 0;
    std::atomic<int> killed = 0;
    std::thread killer([&] {
        for (int i = 0; i < kills; ++i) {
            // Not before some load went over the new link.
            const auto enough = flushed + 20;
            const deadline limit(20s);
            while (flushed < enough && !limit.passed()) std::this_thread::yield();
            server.kill();
            server.restart();
            ++killed;
        }
    });
    run(load(opts, log, kills, flushed, killed));
    killer.join();
    EXPECT_GE(flushed, kills * 20);
}

TEST_F(live_reconnect, makes_every_subscription_again_with_its_old_number) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        nats::subscribe_options group;
        group.queue_group = "workers";
        nats::subscribe_options five;
        five.max_messages = 5;
        auto plain = nc.subscribe("plain");
        auto ended = nc.subscribe("ended");
        auto grouped = nc.subscribe("grouped.*", group);
        auto counted = nc.subscribe("counted", five);
        auto late = nc.subscribe("late");
        ended.unsubscribe();
        for (const char* subject : {"counted", "counted", "late"}) nc.publish(subject, "1");
        co_await nc.flush();
        for (std::uint64_t cut = 1; cut <= 3; ++cut) {
            between.cut();
            co_await wait_reconnected(nc, cut);
            const auto said = between.connections().back().bytes(proxy_direction::to_target);
            const auto subs = said.substr(said.find("PING\r\n") + 6);
            EXPECT_TRUE(subs.starts_with(
                "SUB plain 1\r\nSUB grouped.* workers 3\r\nSUB counted 4\r\nUNSUB 4 3\r\nSUB late 5\r\n"))
                << subs;
            nc.publish("plain", std::to_string(cut));
            EXPECT_EQ((co_await plain.next(5s))->payload(), std::to_string(cut));
            nc.publish("grouped.x", std::to_string(cut));
            EXPECT_EQ((co_await grouped.next(5s))->payload(), std::to_string(cut));
        }
        // The server counts from the SUB on this link: two more are three in all.
        late.unsubscribe(3);
        co_await nc.flush();
        const auto said = between.connections().back().bytes(proxy_direction::to_target);
        EXPECT_TRUE(contains(said, "UNSUB 5 2\r\n")) << said;
        for (int i = 0; i < 5; ++i) {
            nc.publish("late", "");
            nc.publish("counted", "");
        }
        co_await nc.flush();
        EXPECT_EQ(late.stats().pending_messages, 3u);
        EXPECT_FALSE(late.active());
        EXPECT_EQ(counted.stats().pending_messages, 5u);
        EXPECT_FALSE(counted.active());
    }(through(proxy), proxy));
}

// ---- what is published meanwhile

TEST_F(live_reconnect, keeps_what_is_published_meanwhile_up_to_the_bound_and_in_order) {
    nats_server server(core_only());
    auto opts = options_for(server);
    opts.max_outbound_bytes = 50000;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& restarted, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        std::vector<std::string> received;
        auto sub = nc.subscribe("a", [&](const message_view& message) { received.emplace_back(message.payload); });
        co_await nc.flush();
        restarted.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        EXPECT_EQ(nc.status(), connection_status::reconnecting);
        std::vector<std::string> taken;
        failure refused;
        for (int i = 0; !refused.code; ++i) {
            auto text = std::to_string(i) + std::string(500, '.');
            refused = failure_at_once([&] { nc.publish("a", text); });
            if (!refused.code) taken.push_back(std::move(text));
        }
        EXPECT_EQ(refused.code, errc::outbound_buffer_full);
        EXPECT_TRUE(contains(refused.text, "of 50000 bytes wait")) << refused.text;
        EXPECT_GT(taken.size(), 80u);
        EXPECT_LT(taken.size(), 100u);
        EXPECT_GT(nc.stats().unsent_bytes, 49000u);
        EXPECT_LE(nc.stats().unsent_bytes, 50000u);
        // A request is refused in the same way, and leaves nothing behind.
        EXPECT_EQ(failure_at_once([&] { (void)nc.request("a", std::string(500, '.')); }).code,
                  errc::outbound_buffer_full);
        restarted.restart();
        co_await wait_reconnected(nc, 1);
        co_await nc.flush();
        EXPECT_EQ(received, taken);
    }(opts, server, log));
}

TEST_F(live_reconnect, sends_a_message_again_that_was_written_in_part) {
    const std::string big(32 * 1024 * 1024, 'x');
    std::string second_link;
    {
        scripted_server server([&](scripted_link& link, int number) {
            link.greet(R"({"server_id":"S","headers":true,"max_payload":67108864})");
            if (number == 1) {
                link.read_until("PUB first 1\r\n1\r\nPING\r\n");
                link.send("PONG\r\n");
                link.read_until("PUB big 33554432\r\nxxxxx");
                return;  // with most of it unread
            }
            second_link = link.read_until("PING\r\n");
            link.send("PONG\r\n");
            link.read_all();
        });
        auto opts = options_for(server.url());
        opts.max_outbound_bytes = 64 * 1024 * 1024;
        run([](nats::options how, const std::string& large) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(how);
            auto sub = nc.subscribe("s", [](const message_view&) {});
            nc.publish("first", "1");
            co_await nc.flush();
            nc.publish("big", large);
            nc.publish("after", "2");
            EXPECT_TRUE(co_await eventually([&] { return nc.stats().reconnects == 1; }));
            co_await nc.flush(20s);
        }(opts, big));
    }
    const auto expected = "SUB s 1\r\nPUB big 33554432\r\n" + big + "\r\nPUB after 1\r\n2\r\nPING\r\n";
    EXPECT_EQ(second_link.size(), expected.size());
    EXPECT_TRUE(second_link == expected);
}

TEST_F(live_reconnect, drops_and_reports_what_the_next_server_finds_too_large) {
    nats_server first(core_only());
    auto opts = options_for(first);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& gone, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        std::string received;
        auto sub = nc.subscribe("a.>", [&](const message_view& message) { received += message.payload; });
        nats_server_options smaller = core_only();
        smaller.port = gone.port();
        smaller.max_payload = 1000;
        gone.stop();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        nc.publish("a.small", "1");
        nc.publish("a.large", std::string(1001, '2'));
        nc.publish("a.small", "3");
        const nats_server second(smaller);
        co_await wait_reconnected(nc, 1);
        co_await nc.flush();
        EXPECT_EQ(received, "13");
        EXPECT_EQ(seen.last(event_kind::error).error, errc::max_payload_exceeded);
        EXPECT_EQ(seen.last(event_kind::error).detail, "a.large");
        EXPECT_EQ(nc.stats().reconnects, 1u);
    }(opts, first, log));
}

// ---- giving up, or not

TEST_F(live_reconnect, gives_up_after_as_many_rounds_as_asked) {
    nats_server server(core_only());
    auto opts = options_for(server);
    opts.reconnect.max_rounds = 3;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& gone, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("a");
        gone.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        auto asking = nc.request("a", "");
        auto flushing = nc.flush(60s);
        EXPECT_EQ((co_await failure_of(std::move(flushing))).code, errc::closed);
        EXPECT_EQ((co_await failure_of(std::move(asking))).code, errc::closed);
        auto waiting = sub.next(5s);
        EXPECT_EQ((co_await failure_of(std::move(waiting))).code, errc::closed);
        EXPECT_EQ(nc.status(), connection_status::closed);
        const auto closed = seen.last(event_kind::closed);
        EXPECT_EQ(closed.error, errc::connect_failed);
        EXPECT_TRUE(contains(closed.detail, "Connection refused")) << closed.detail;
    }(opts, server, log));
}

TEST_F(live_reconnect, does_not_even_try_when_it_is_switched_off) {
    nats_server server(core_only());
    auto opts = options_for(server);
    opts.reconnect.enabled = false;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& gone, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        gone.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::closed));
        EXPECT_EQ(nc.status(), connection_status::closed);
        const std::vector<event_kind> expected{event_kind::connected, event_kind::disconnected, event_kind::closed};
        EXPECT_EQ(seen.kinds(), expected);
        EXPECT_TRUE(seen.last(event_kind::disconnected).error);
        EXPECT_EQ(seen.last(event_kind::closed).error, seen.last(event_kind::disconnected).error);
    }(opts, server, log));
}

/// How long a connection tries with this policy before it gives up.
std::chrono::nanoseconds time_to_give_up(nats::reconnect_policy policy) {
    auto opts = options_for("127.0.0.1:" + std::to_string(free_port()));
    opts.retry_on_first_connect = true;
    opts.reconnect = policy;
    const auto begin = std::chrono::steady_clock::now();
    run([](nats::options how) -> asio::awaitable<void> {
        auto connecting = connection::connect(how);
        EXPECT_EQ((co_await failure_of(std::move(connecting))).code, errc::connect_failed);
    }(opts));
    return std::chrono::steady_clock::now() - begin;
}

TEST_F(live_reconnect, waits_twice_as_long_after_each_round_up_to_a_bound) {
    nats::reconnect_policy policy;
    policy.jitter = 0ms;
    policy.min_wait = 20ms;
    policy.max_wait = 80ms;
    policy.max_rounds = 5;
    EXPECT_GE(time_to_give_up(policy), 20ms + 40ms + 80ms + 80ms);
    policy.min_wait = 60s;
    policy.max_wait = 1ms;
    EXPECT_LT(time_to_give_up(policy), 30s);
}

TEST_F(live_reconnect, tries_for_ever_by_default) {
    EXPECT_TRUE(nats::reconnect_policy().enabled);
    EXPECT_EQ(nats::reconnect_policy().max_rounds, 0u);
    EXPECT_GT(nats::reconnect_policy().jitter, 0ms);
}

TEST_F(live_reconnect, tells_once_why_it_does_not_succeed) {
    nats_server server(core_only());
    auto opts = options_for(server);
    opts.reconnect.max_wait = 20ms;
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& gone, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        gone.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::error));
        auto flushing = nc.flush(200ms);  // some more rounds
        EXPECT_EQ((co_await failure_of(std::move(flushing))).code, errc::timeout);
        EXPECT_EQ(seen.count(event_kind::error), 1u);
        EXPECT_TRUE(contains(seen.last(event_kind::error).detail, "Connection refused")) << seen.text();
    }(opts, server, log));
}

TEST_F(live_reconnect, goes_to_another_server_first) {
    nats_server first(core_only());
    const nats_server second(core_only());
    auto opts = options_for(first);
    opts.servers.push_back(second.url());
    opts.randomize_servers = false;
    run([](nats::options how, nats_server& gone, std::uint16_t port) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.connected_server(), "127.0.0.1:" + std::to_string(gone.port()));
        gone.kill();
        co_await wait_reconnected(nc, 1);
        EXPECT_EQ(nc.connected_server(), "127.0.0.1:" + std::to_string(port));
        EXPECT_EQ(nc.server().port, port);
    }(opts, first, second.port()));
}

TEST_F(live_reconnect, sends_a_request_that_was_begun_meanwhile_and_counts_its_time_from_the_call) {
    nats_server server(core_only());
    run([](nats_server& restarted) -> asio::awaitable<void> {
        const auto nc = co_await connect_to(restarted);
        auto echo = nc.subscribe("echo", [nc](const message_view& asked) { nc.respond(asked, asked.payload); });
        co_await nc.flush();
        restarted.kill();
        const auto lost = [&] { return nc.status() == connection_status::reconnecting; };
        EXPECT_TRUE(co_await eventually(lost));
        nats::request_options patient;
        patient.timeout = 30s;
        nats::request_options brief;
        brief.timeout = 50ms;
        auto kept = nc.request("echo", "kept", patient);
        auto given_up = nc.request("echo", "given up", brief);
        EXPECT_EQ((co_await failure_of(std::move(given_up))).code, errc::timeout);
        EXPECT_EQ(nc.status(), connection_status::reconnecting);
        restarted.restart();
        const auto reply = co_await std::move(kept);
        EXPECT_EQ(reply.payload(), "kept");
        EXPECT_EQ(nc.stats().reconnects, 1u);
    }(server));
}

}  // namespace
}  // namespace mote::test
