#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <algorithm>
#include <functional>
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

// ---- who closes when he is told of something

/// A connection whose server dies, with its loop.
class live_end : public live_nats {
protected:
    /// When it is closed: within such an event, or by a choice of the next server.
    using moment = std::function<bool(const connection_event*)>;

    /// All waits are long ones, and the loop ends all the same: within 20 s, else this is a failure.
    void expect_end_of_the_loop(nats::reconnect_policy policy, moment closes, bool later = false) {
        nats_server server(core_only());
        asio::io_context loop(1);
        connection nc;
        std::vector<event_kind> kinds;
        const auto close = [&] {
            if (later)
                asio::post(loop, [&] { nc.close(); });
            else
                nc.close();
        };
        int late_choices = 0;
        int choices = 0;
        auto opts = options_for(server);
        opts.reconnect = policy;
        opts.choose_server = [&](const std::vector<nats::known_server>& servers, const nats::server_info&) {
            if (nc && nc.status() == connection_status::closed) ++late_choices;
            if (nc && closes(nullptr)) close();
            const bool closed = nc && nc.status() == connection_status::closed;
            return std::optional(nats::server_choice{servers.front().name, ++choices <= 2 && !closed ? 0s : 60s});
        };
        opts.on_event = [&](const connection_event& event) {
            kinds.push_back(event.kind);
            if (nc && closes(&event)) close();
        };
        asio::co_spawn(loop, connection::connect(opts), [&](const std::exception_ptr&, connection made) {
            nc = std::move(made);
            server.kill();
        });
        loop.run_for(20s);
        EXPECT_TRUE(loop.stopped()) << "it still waits";
        EXPECT_EQ(late_choices, 0);
        ASSERT_FALSE(kinds.empty());
        EXPECT_EQ(kinds.back(), event_kind::closed);
        EXPECT_EQ(std::ranges::count(kinds, event_kind::closed), 1);
    }
    static moment within(event_kind kind) {
        return [kind](const connection_event* event) { return event != nullptr && event->kind == kind; };
    }

    nats::reconnect_policy long_waits{.min_wait = 60s, .max_wait = 60s, .jitter = 0ms};
};

TEST_F(live_end, within_disconnected_ends_the_loop) {
    expect_end_of_the_loop(long_waits, within(event_kind::disconnected));
}

TEST_F(live_end, within_the_error_of_a_reconnect_ends_the_loop) {
    expect_end_of_the_loop(long_waits, within(event_kind::error));
}

TEST_F(live_end, while_it_waits_for_a_moment_of_its_own_ends_the_loop) {
    long_waits.jitter = 3600s * 1000;  // the moment is a random one
    expect_end_of_the_loop(long_waits, within(event_kind::disconnected), true);
}

TEST_F(live_end, while_it_waits_for_a_server_ends_the_loop) {
    expect_end_of_the_loop(long_waits, within(event_kind::error), true);
}

TEST_F(live_end, within_the_choice_of_a_server_ends_the_loop) {
    expect_end_of_the_loop(long_waits, [](const connection_event* event) { return event == nullptr; });
}

/// The second link has news and refuses what was kept: all that would be told behind `reconnected`.
TEST_F(live_end, is_the_last_event) {
    const std::string info = R"({"server_id":"S","headers":true,"max_payload":)";
    const scripted_server server([&](scripted_link& link, int number) {
        link.greet(info + (number == 1 ? "1000}" : R"(10,"connect_urls":["127.0.0.1:1"],"ldm":true})"));
        if (number != 1) {
            link.read_all();
            return;
        }
        link.read_until("PING\r\n");  // and closes
    });
    auto opts = options_for(server.url());
    opts.lame_duck_spread = 10min;
    asio::io_context loop(1);
    connection nc;
    nats::event_watch watched;
    std::vector<event_kind> kinds;
    std::vector<event_kind> seen_by_watcher;
    opts.on_event = [&](const connection_event& event) {
        kinds.push_back(event.kind);
        if (event.kind == event_kind::disconnected) nc.publish("a", std::string(100, 'x'));
        if (event.kind == event_kind::reconnected) nc.close();
    };
    asio::co_spawn(loop, connection::connect(opts), [&](const std::exception_ptr&, connection made) {
        nc = std::move(made);
        watched = nc.watch_events([&](const connection_event& event) { seen_by_watcher.push_back(event.kind); });
        asio::co_spawn(loop, nc.flush(), asio::detached);
    });
    loop.run_for(20s);
    EXPECT_TRUE(loop.stopped()) << "it still waits";
    const std::vector<event_kind> expected{event_kind::connected, event_kind::disconnected, event_kind::reconnected,
                                           event_kind::closed};
    EXPECT_EQ(kinds, expected);
    const std::vector<event_kind> seen{event_kind::disconnected, event_kind::closed};
    EXPECT_EQ(seen_by_watcher, seen);
}

TEST_F(live_end, is_the_last_event_when_a_handler_closes_and_throws) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log events) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("a", [&](const message_view&) {
            nc.close();
            throw std::runtime_error("which nobody hears of");
        });
        nc.publish("a", "");
        EXPECT_TRUE(co_await events.wait_for(event_kind::closed));
        co_await turn();
        const std::vector<event_kind> expected{event_kind::connected, event_kind::closed};
        EXPECT_EQ(events.kinds(), expected);
    }(opts, log));
}

}  // namespace
}  // namespace mote::test
