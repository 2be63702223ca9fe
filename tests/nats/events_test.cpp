#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <optional>
#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_event;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::message_view;

class live_events : public live_nats {};

TEST_F(live_events, come_in_order_and_say_which_server) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    const event_log log;
    log.watch(opts);
    run([](nats::options how, tcp_proxy& between, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(seen.count(event_kind::connected), 1u);  // before connect returns
        between.cut();
        co_await wait_reconnected(nc, 1);
        nc.close();
        const std::vector<event_kind> expected{event_kind::connected, event_kind::disconnected, event_kind::reconnected,
                                               event_kind::closed};
        EXPECT_EQ(seen.kinds(), expected);
        for (const auto& event : seen.all()) EXPECT_EQ(event.server, through(between));
        EXPECT_TRUE(seen.last(event_kind::disconnected).error);
        EXPECT_FALSE(seen.last(event_kind::reconnected).error);
        EXPECT_FALSE(seen.last(event_kind::closed).error);
    }(opts, proxy, log));
}

TEST_F(live_events, of_a_handler_that_throws_do_no_harm) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    int count = 0;
    opts.on_event = [&count](const connection_event&) {
        ++count;
        throw std::runtime_error("must not throw");
    };
    run([](nats::options how, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        between.cut();
        co_await wait_reconnected(nc, 1);
        nc.close();
    }(opts, proxy));
    EXPECT_EQ(count, 4);
}

/// What an event handler of a test can reach.
struct reached {
    std::optional<connection> nc;
    std::vector<event_kind> kinds;
};

TEST_F(live_events, may_publish_and_subscribe) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    const auto own = std::make_shared<reached>();
    run([](nats::options how, tcp_proxy& between, std::shared_ptr<reached> state) -> asio::awaitable<void> {
        std::vector<nats::subscription> made;
        how.on_event = [&, state](const connection_event& event) {
            if (!state->nc) return;
            if (event.kind == event_kind::disconnected) {
                made.push_back(state->nc->subscribe("later"));
                state->nc->publish("a", "while disconnected");
            }
            if (event.kind == event_kind::reconnected) state->nc->publish("a", "when back");
        };
        state->nc = co_await connection::connect(how);
        auto sub = state->nc->subscribe("a");
        co_await state->nc->flush();
        between.cut();
        EXPECT_EQ((co_await sub.next(20s))->payload(), "while disconnected");
        EXPECT_EQ((co_await sub.next(20s))->payload(), "when back");
        state->nc->publish("later", "x");
        EXPECT_EQ((co_await made.at(0).next(5s))->payload(), "x");
        state->nc.reset();
    }(opts, proxy, own));
}

/// Closes the connection in the event of that kind.
void expect_close_within(event_kind when, std::vector<event_kind> expected) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    const auto own = std::make_shared<reached>();
    run([](nats::options how, tcp_proxy& between, std::shared_ptr<reached> state,
           event_kind at) -> asio::awaitable<void> {
        how.on_event = [state, at](const connection_event& event) {
            state->kinds.push_back(event.kind);
            if (event.kind == at && state->nc) state->nc->close();
        };
        state->nc = co_await connection::connect(how);
        auto sub = state->nc->subscribe("a");
        between.cut();
        auto waiting = sub.next(20s);
        EXPECT_EQ((co_await failure_of(std::move(waiting))).code, errc::closed);
        EXPECT_EQ(state->nc->status(), connection_status::closed);
        state->nc.reset();
        EXPECT_TRUE(co_await eventually([&] { return between.open_connections() == 0; }));
    }(opts, proxy, own, when));
    EXPECT_EQ(own->kinds, expected);
}

TEST_F(live_events, may_close_the_connection) {
    expect_close_within(event_kind::disconnected,
                        {event_kind::connected, event_kind::disconnected, event_kind::closed});
    expect_close_within(event_kind::reconnected,
                        {event_kind::connected, event_kind::disconnected, event_kind::reconnected, event_kind::closed});
}

TEST_F(live_events, may_drop_the_last_handle) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    const auto own = std::make_shared<reached>();
    run([](nats::options how, tcp_proxy& between, std::shared_ptr<reached> state) -> asio::awaitable<void> {
        how.on_event = [state](const connection_event& event) {
            state->kinds.push_back(event.kind);
            if (event.kind == event_kind::disconnected) state->nc.reset();
        };
        state->nc = co_await connection::connect(how);
        between.cut();
        EXPECT_TRUE(co_await eventually([&] { return state->kinds.back() == event_kind::closed; }));
    }(options_for(through(proxy)), proxy, own));
}

TEST_F(live_events, of_the_server_that_tells_of_others_or_of_its_end) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        const std::string known =
            R"({"server_id":"S","headers":true,"max_payload":1048576,"connect_urls":["127.0.0.1:1"])";
        link.send("INFO " + known + "}\r\n");
        link.send("INFO " + known + "}\r\n");  // no news
        link.send("INFO " + known + ",\"ldm\":true}\r\n");
        link.send("INFO " + known + ",\"ldm\":true}\r\n");  // no news either
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
        const std::vector<event_kind> expected{event_kind::connected, event_kind::discovered_servers,
                                               event_kind::lame_duck};
        EXPECT_EQ(seen.kinds(), expected);
        EXPECT_TRUE(nc.server().lame_duck);
        const std::vector<std::string> urls{"127.0.0.1:1"};
        EXPECT_EQ(nc.server().connect_urls, urls);
    }(opts, log));
}

TEST_F(live_events, are_told_to_whoever_watches_them_until_that_is_enough) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        int first = 0;
        int second = 0;
        const auto noted = nc.watch_events([&first](const connection_event& event) {
            if (event.kind == event_kind::error) ++first;
            throw std::runtime_error("which ends nothing");
        });
        nats::event_watch noted_once;
        noted_once = nc.watch_events([&](const connection_event& event) {
            if (event.kind != event_kind::error) return;
            ++second;
            noted_once.reset();  // from inside
        });
        const auto fails = nc.subscribe("a", [](const nats::message_view&) { throw std::runtime_error("broken"); });
        for (int i = 0; i < 3; ++i) nc.publish("a", "");
        co_await nc.flush();
        EXPECT_EQ(first, 3);
        EXPECT_EQ(second, 1);
        EXPECT_EQ(nc.request_timeout(), nats::options().request_timeout);
    });
}

}  // namespace
}  // namespace mote::test
