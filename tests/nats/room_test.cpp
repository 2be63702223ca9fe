#include <mote/nats/blocking.hpp>
#include <tests/nats/live.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;
using nats::message_view;

constexpr std::size_t bound = 100'000;

class live_room : public live_nats {
protected:
    nats::options opts_for(const tcp_proxy& proxy) const {
        auto opts = options_for(through(proxy));
        opts.max_outbound_bytes = bound;
        return opts;
    }
};

/// Publishes messages of 1000 bytes until there is no room; returns how many.
int publish_until_no_room(const connection& nc) {
    const std::string text(1000, 'x');
    int count = 0;
    for (; nc.has_room(); ++count) nc.publish("a", text);
    return count;
}

/// Stalls until the buffer is full, and the kernel's on the way too, so that nothing leaves any more.
asio::awaitable<void> fill(connection nc, tcp_proxy& between) {
    between.stall();
    const std::string text(10'000, 'x');
    for (;;) {
        while (!failure_at_once([&] { nc.publish("a", text); }).code) continue;
        const auto waits = nc.stats().unsent_bytes;
        auto flushing = nc.flush(200ms);
        (void)co_await failure_of(std::move(flushing));
        if (!nc.has_room() && nc.stats().unsent_bytes >= waits) co_return;
    }
}

TEST_F(live_room, is_there_while_the_server_keeps_up) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        EXPECT_TRUE(nc.has_room());
        co_await nc.room();
        int received = 0;
        auto sub = nc.subscribe("a", [&](const message_view&) { ++received; });
        const std::string text(10'000, 'x');
        for (int i = 0; i < 5000; ++i) {  // six times max_outbound_bytes
            if (!nc.has_room()) co_await nc.room();
            nc.publish("a", text);
        }
        EXPECT_TRUE(co_await eventually([&] { return received == 5000; })) << received;
        EXPECT_TRUE(nc.has_room());
    });
}

TEST_F(live_room, is_gone_while_the_server_takes_nothing_and_all_who_wait_learn_when_it_goes_on) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        co_await fill(nc, between);
        EXPECT_GT(nc.stats().unsent_bytes, bound / 4);
        const auto one = start(nc, nc.room());
        const auto other = start(nc, nc.room());
        auto waiting = nc.room(30ms);
        const auto seen = co_await failure_of(std::move(waiting));
        EXPECT_EQ(seen.code, errc::timeout);
        EXPECT_TRUE(contains(seen.text, std::to_string(nc.stats().unsent_bytes) + " bytes wait")) << seen.text;
        EXPECT_FALSE(one->ended);
        EXPECT_FALSE(other->ended);
        between.resume();
        EXPECT_TRUE(co_await ends(one));
        EXPECT_TRUE(co_await ends(other));
        EXPECT_FALSE(one->seen.code);
        EXPECT_FALSE(other->seen.code);
        co_await nc.flush();
        EXPECT_TRUE(nc.has_room());
        EXPECT_EQ(nc.stats().unsent_bytes, 0u);
    }(opts_for(proxy), proxy));
}

TEST_F(live_room, is_waited_for_over_a_reconnect) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = opts_for(proxy);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, tcp_proxy& between, event_log events) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        between.refuse();
        between.cut();
        EXPECT_TRUE(co_await events.wait_for(event_kind::disconnected));
        EXPECT_GT(publish_until_no_room(nc), 20);
        EXPECT_LT(nc.stats().unsent_bytes, bound / 3);
        nc.publish("a", "taken all the same");
        auto soon = nc.room(30ms);
        EXPECT_EQ((co_await failure_of(std::move(soon))).code, errc::timeout);
        const auto waiting = start(nc, nc.room(60s));
        co_await turn();
        EXPECT_FALSE(waiting->ended);
        between.accept();
        EXPECT_TRUE(co_await ends(waiting));
        EXPECT_FALSE(waiting->seen.code);
        EXPECT_TRUE(nc.has_room());
    }(opts, proxy, log));
}

TEST_F(live_room, is_not_waited_for_when_the_connection_is_closed) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        co_await fill(nc, between);
        const auto waiting = start(nc, nc.room());
        co_await turn();
        EXPECT_FALSE(waiting->ended);
        nc.close();
        EXPECT_TRUE(co_await ends(waiting));
        EXPECT_EQ(waiting->seen.code, errc::closed);
        auto after = nc.room();
        EXPECT_EQ((co_await failure_of(std::move(after))).code, errc::closed);
    }(opts_for(proxy), proxy));
}

/// With a loop and a thread of its own.
asio::awaitable<void> publish_much(connection nc, int count) {
    for (int i = 0; i < count; ++i) {
        nc.publish("a", std::string(1000, 'x'));
        if (i % 20 == 19) co_await nc.room();
    }
}

TEST_F(live_room, lets_another_thread_publish_more_than_the_bound) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    opts.max_outbound_bytes = bound;
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int received = 0;
        auto sub = nc.subscribe("a", [&](const message_view&) { ++received; });
        std::atomic<bool> failed = false;
        std::thread other([nc, &failed] {
            asio::io_context loop(1);
            asio::co_spawn(loop, publish_much(nc, 2000),
                           [&](std::exception_ptr thrown) { failed = thrown != nullptr; });
            loop.run();
        });
        EXPECT_TRUE(co_await eventually([&] { return received == 2000 || failed; }));
        other.join();
        EXPECT_FALSE(failed);
        EXPECT_EQ(received, 2000);
    }(opts));
}

TEST_F(live_room, lets_a_blocking_program_publish_more_than_the_bound) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    opts.max_outbound_bytes = bound;
    const nats::blocking_connection nc(opts);
    std::atomic<int> received = 0;
    auto sub = nc.subscribe("a", [&](const message_view&) { ++received; });
    const std::string text(1000, 'x');
    for (int i = 0; i < 2000; ++i) {
        nc.publish("a", text);
        if (i % 20 == 19) nc.room();
    }
    nc.flush();
    EXPECT_EQ(received, 2000);
}

}  // namespace
}  // namespace mote::test
