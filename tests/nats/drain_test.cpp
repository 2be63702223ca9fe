#include <tests/nats/live.hpp>
#include <tests/support/raw_client.hpp>

#include <optional>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::message_view;
using nats::subscription;

class live_drain : public live_nats {};

// ---- of one subscription

TEST_F(live_drain, of_a_subscription_delivers_what_the_server_had_sent) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        raw_client other(server.port());
        int count = 0;
        auto sub = nc.subscribe("a", [&](const message_view&) { ++count; });
        co_await nc.flush();
        for (int i = 0; i < 1000; ++i) other.publish("a", "");
        other.flush();
        co_await sub.drain(10s);
        EXPECT_EQ(count, 1000);
        EXPECT_FALSE(sub.active());
        other.publish("a", "");
        other.flush();
        co_await nc.flush();
        EXPECT_EQ(count, 1000);
        co_await sub.drain(1s);  // again: nothing to do
    });
}

TEST_F(live_drain, of_a_subscription_waits_until_what_is_pending_is_taken) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a");
        nc.publish("a", "1");
        nc.publish("a", "2");
        // Two at once: each gets its end.
        const auto first = start(nc, sub.drain(60s));
        const auto second = start(nc, sub.drain(60s));
        EXPECT_EQ((co_await sub.next(5s))->payload(), "1");
        co_await nc.flush();
        EXPECT_FALSE(first->ended);
        EXPECT_EQ((co_await sub.next(5s))->payload(), "2");
        EXPECT_TRUE(co_await ends(first));
        EXPECT_TRUE(co_await ends(second));
        EXPECT_FALSE(first->seen.code) << first->seen.text;
        EXPECT_FALSE(second->seen.code) << second->seen.text;
        EXPECT_FALSE((co_await sub.next(5s)).has_value());
    });
}

TEST_F(live_drain, of_a_subscription_times_out) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a.b");
        nc.publish("a.b", "never taken");
        auto draining = sub.drain(50ms);
        const auto seen = co_await failure_of(std::move(draining));
        EXPECT_EQ(seen.code, errc::timeout);
        EXPECT_TRUE(contains(seen.text, "a.b")) << seen.text;
        EXPECT_EQ((co_await sub.next(5s))->payload(), "never taken");  // and is not lost
    });
}

TEST_F(live_drain, of_a_subscription_ends_when_its_handle_goes) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::optional<subscription> sub = nc.subscribe("a");
        nc.publish("a", "never taken");
        co_await nc.flush();
        const auto draining = start(nc, sub->drain(60s));
        co_await nc.flush();
        EXPECT_FALSE(draining->ended);
        sub.reset();
        EXPECT_TRUE(co_await ends(draining));
        EXPECT_FALSE(draining->seen.code) << draining->seen.text;
    });
}

TEST_F(live_drain, of_a_subscription_is_complete_when_the_link_dies) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto sub = nc.subscribe("drained");
        auto kept = nc.subscribe("kept");
        co_await nc.flush();
        between.stall();
        const auto draining = start(nc, sub.drain(60s));
        co_await turn();
        between.resume();
        between.cut();
        EXPECT_TRUE(co_await ends(draining));
        EXPECT_FALSE(draining->seen.code) << draining->seen.text;
        EXPECT_FALSE(sub.active());
        co_await wait_reconnected(nc, 1);
        co_await nc.flush();  // all that the new link began with has passed the proxy
        const auto again = between.connections().at(1).bytes(proxy_direction::to_target);
        EXPECT_TRUE(contains(again, "SUB kept 2\r\n")) << again;
        EXPECT_FALSE(contains(again, "drained")) << again;
    }(through(proxy), proxy));
}

// ---- of the connection

TEST_F(live_drain, handles_what_came_sends_what_waits_and_closes) {
    connected([](nats_server& server, connection watcher) -> asio::awaitable<void> {
        auto opts = options_for(server);
        const event_log log;
        log.watch(opts);
        const auto nc = co_await connection::connect(opts);
        auto results = watcher.subscribe("done");
        co_await watcher.flush();
        auto work = nc.subscribe("work", [nc](const message_view& message) { nc.publish("done", message.payload); });
        co_await nc.flush();
        for (int i = 0; i < 500; ++i) watcher.publish("work", std::to_string(i));
        co_await watcher.flush();
        nc.publish("done", "also this");
        co_await nc.drain();
        EXPECT_EQ(nc.status(), connection_status::closed);
        EXPECT_FALSE(work.active());
        EXPECT_EQ(log.last(event_kind::closed).error, boost::system::error_code());
        co_await watcher.flush();
        EXPECT_EQ(results.stats().pending_messages, 501u);
    });
}

TEST_F(live_drain, waits_until_pending_messages_are_taken) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto a = nc.subscribe("a");
        auto b = nc.subscribe("b");
        for (const char* subject : {"a", "a", "b"}) nc.publish(subject, subject);
        const auto of_b = start(nc, b.drain(60s));
        const auto draining = start(nc, nc.drain());
        EXPECT_TRUE(co_await eventually([&] { return nc.status() == connection_status::draining; }));
        EXPECT_EQ((co_await a.next(5s))->payload(), "a");
        EXPECT_EQ((co_await a.next(5s))->payload(), "a");
        nc.publish("c", "while it drains");
        EXPECT_FALSE(draining->ended);
        EXPECT_FALSE(of_b->ended);
        EXPECT_EQ((co_await b.next(5s))->payload(), "b");
        EXPECT_TRUE(co_await ends(draining));
        EXPECT_TRUE(co_await ends(of_b));
        EXPECT_FALSE(draining->seen.code) << draining->seen.text;
        EXPECT_FALSE(of_b->seen.code) << of_b->seen.text;
        EXPECT_FALSE((co_await a.next(5s)).has_value());
    });
}

TEST_F(live_drain, has_a_deadline_and_closes_even_then) {
    connected([](nats_server& server, connection) -> asio::awaitable<void> {
        auto opts = options_for(server);
        opts.drain_timeout = 50ms;
        const auto nc = co_await connection::connect(opts);
        auto sub = nc.subscribe("a.b");
        nc.publish("a.b", "never taken");
        auto draining = nc.drain();
        const auto seen = co_await failure_of(std::move(draining));
        EXPECT_EQ(seen.code, errc::timeout);
        EXPECT_TRUE(contains(seen.text, "drain of a.b")) << seen.text;
        EXPECT_EQ(nc.status(), connection_status::closed);
        EXPECT_EQ((co_await sub.next(5s))->payload(), "never taken");
    });
}

TEST_F(live_drain, lets_handlers_publish_request_and_respond_but_not_subscribe) {
    connected([](nats_server& server, connection other) -> asio::awaitable<void> {
        auto echo =
            other.subscribe("echo", [other](const message_view& asked) { other.respond(asked, asked.payload); });
        co_await other.flush();
        const auto nc = co_await connect_to(server);
        std::optional<nats::message> reply;
        failure refused;
        auto sub = nc.subscribe("a");
        nc.publish("a", "");
        const auto draining = start(nc, nc.drain());
        EXPECT_TRUE(co_await eventually([&] { return nc.status() == connection_status::draining; }));
        refused = failure_at_once([&] { (void)nc.subscribe("b"); });
        EXPECT_EQ(refused.code, errc::closed);
        const auto answer = co_await nc.request("echo", "x");
        EXPECT_EQ(answer.payload(), "x");
        nats::request_many_options one;
        one.max_messages = 1;
        EXPECT_EQ((co_await nc.request_many("echo", "y", one)).size(), 1u);
        EXPECT_FALSE(draining->ended);
        co_await sub.next(5s);
        EXPECT_TRUE(co_await ends(draining));
        EXPECT_FALSE(draining->seen.code) << draining->seen.text;
    });
}

TEST_F(live_drain, is_refused_the_second_time) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a");
        nc.publish("a", "");
        const auto first = start(nc, nc.drain());
        EXPECT_TRUE(co_await eventually([&] { return nc.status() == connection_status::draining; }));
        auto second = nc.drain();
        EXPECT_EQ((co_await failure_of(std::move(second))).code, errc::closed);
        co_await sub.next(5s);
        EXPECT_TRUE(co_await ends(first));
        EXPECT_FALSE(first->seen.code) << first->seen.text;
    });
}

TEST_F(live_drain, sends_what_is_buffered_when_the_server_comes_back) {
    nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& restarted, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("in", [](const message_view&) {});
        restarted.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        nc.publish("out", "buffered");
        const auto draining = start(nc, nc.drain(20s));
        EXPECT_TRUE(co_await eventually([&] { return nc.status() == connection_status::draining; }));
        restarted.restart();
        EXPECT_TRUE(co_await ends(draining));
        EXPECT_FALSE(draining->seen.code) << draining->seen.text;
        EXPECT_EQ(nc.status(), connection_status::closed);
        EXPECT_EQ(seen.count(event_kind::reconnected), 1u);
    }(opts, server, log));
}

TEST_F(live_drain, gives_up_when_the_server_stays_away) {
    nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, nats_server& gone, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        gone.kill();
        EXPECT_TRUE(co_await seen.wait_for(event_kind::disconnected));
        nc.publish("out", "lost in the end");
        auto draining = nc.drain(50ms);
        EXPECT_EQ((co_await failure_of(std::move(draining))).code, errc::timeout);
        EXPECT_EQ(nc.status(), connection_status::closed);
    }(opts, server, log));
}

TEST_F(live_drain, goes_on_over_a_lost_link) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between, std::uint16_t port) -> asio::awaitable<void> {
        raw_client other(port);
        other.subscribe("out");
        other.flush();
        const auto nc = co_await connection::connect(options_for(url));
        auto sub = nc.subscribe("in");
        nc.publish("in", "");
        co_await nc.flush();
        const auto draining = start(nc, nc.drain(20s));
        EXPECT_TRUE(co_await eventually([&] { return nc.status() == connection_status::draining; }));
        co_await nc.flush();
        between.refuse();
        between.cut();
        EXPECT_TRUE(co_await eventually([&] { return between.open_connections() == 0; }));
        auto flushing = nc.flush(30ms);  // the client has seen it by then
        (void)co_await failure_of(std::move(flushing));
        nc.publish("out", "in time");
        co_await sub.next(5s);
        EXPECT_FALSE(draining->ended);
        between.accept();
        EXPECT_TRUE(co_await ends(draining));
        EXPECT_FALSE(draining->seen.code) << draining->seen.text;
        EXPECT_EQ(other.read_frame(), "MSG out 1 7\r\nin time\r\n");
    }(through(proxy), proxy, server.port()));
}

// ---- close

TEST_F(live_drain, is_not_needed_to_close_which_writes_what_the_socket_takes_and_says_so_once) {
    connected([](nats_server& server, connection watcher) -> asio::awaitable<void> {
        auto results = watcher.subscribe("a");
        co_await watcher.flush();
        auto opts = options_for(server);
        const event_log log;
        log.watch(opts);
        const auto nc = co_await connection::connect(opts);
        nc.publish("a", "last words");
        nc.close();
        nc.close();
        EXPECT_EQ((co_await results.next(5s))->payload(), "last words");
        const std::vector<event_kind> expected{event_kind::connected, event_kind::closed};
        EXPECT_EQ(log.kinds(), expected);
    });
}

}  // namespace
}  // namespace mote::test
