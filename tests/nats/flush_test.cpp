#include <tests/nats/live.hpp>
#include <tests/support/raw_client.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::message_view;
using nats::subscription;

class live_flush : public live_nats {};

TEST_F(live_flush, proves_that_a_subscription_is_active) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        raw_client other(server.port());
        int count = 0;
        for (int i = 1; i <= 20; ++i) {
            auto sub = nc.subscribe("a", [&](const message_view&) { ++count; });
            co_await nc.flush();
            other.publish("a", "");
            other.flush();
            co_await nc.flush();
            EXPECT_EQ(count, i);
        }
    });
}

TEST_F(live_flush, measures_the_round_trip) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        const auto time = co_await nc.rtt();
        EXPECT_GT(time, 0ns);
        EXPECT_LT(time, 5s);
    });
}

TEST_F(live_flush, times_out_when_the_server_does_not_answer) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        between.stall();
        auto flushing = nc.flush(30ms);
        EXPECT_EQ((co_await failure_of(std::move(flushing))).code, errc::timeout);
        auto asking = nc.rtt(30ms);
        EXPECT_EQ((co_await failure_of(std::move(asking))).code, errc::timeout);
        between.resume();
        co_await nc.flush();  // the late PONGs are not taken for its own
        EXPECT_EQ(nc.status(), connection_status::connected);
    }(through(proxy), proxy));
}

TEST_F(live_flush, fails_when_the_link_dies_meanwhile) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        between.stall();
        const auto flushing = start(nc, nc.flush(60s));
        co_await turn();
        between.cut();
        EXPECT_TRUE(co_await ends(flushing));
        EXPECT_EQ(flushing->seen.code, errc::disconnected);
    }(through(proxy), proxy));
}

TEST_F(live_flush, waits_for_the_next_link_while_there_is_none) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    const event_log log;
    log.watch(opts);
    run([](nats::options how, tcp_proxy& between, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        between.refuse();
        between.cut();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        auto too_short = nc.flush(20ms);
        EXPECT_EQ((co_await failure_of(std::move(too_short))).code, errc::timeout);
        const auto flushing = start(nc, nc.flush(60s));
        between.accept();
        EXPECT_TRUE(co_await ends(flushing));
        EXPECT_FALSE(flushing->seen.code) << flushing->seen.text;
        EXPECT_EQ(nc.stats().reconnects, 1u);
    }(opts, proxy, log));
}

TEST_F(live_flush, and_next_fail_when_the_connection_is_closed_meanwhile) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto sub = nc.subscribe("a");
        co_await nc.flush();
        between.stall();
        const auto flushing = start(nc, nc.flush(60s));
        const auto next =
            start(nc, [](subscription& waiting) -> asio::awaitable<void> { co_await waiting.next(60s); }(sub));
        co_await turn();
        nc.close();
        EXPECT_TRUE(co_await ends(flushing));
        EXPECT_TRUE(co_await ends(next));
        EXPECT_EQ(flushing->seen.code, errc::closed);
        EXPECT_EQ(next->seen.code, errc::closed);
    }(through(proxy), proxy));
}

}  // namespace
}  // namespace mote::test
