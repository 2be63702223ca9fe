#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>

#include <optional>
#include <stdexcept>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::connection_status;
using nats::errc;
using nats::event_kind;
using nats::message_view;
using nats::subscription;

/// What a handler may do to the connection and the subscription that called it.
class live_handler : public live_nats {};

/// Five messages in one read to "a" with sid 1, then whatever the client says until it closes.
scripted_server::script burst_of_five(std::string* rest = nullptr) {
    return [rest](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB a 1\r\n");
        std::string burst;
        for (int i = 1; i <= 5; ++i) burst += "MSG a 1 1\r\n" + std::to_string(i) + "\r\n";
        link.send(burst);
        auto said = link.read_all();
        if (rest != nullptr) *rest = std::move(said);
    };
}

TEST_F(live_handler, may_throw_which_is_reported_and_goes_no_further) {
    scripted_server server(burst_of_five());
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int count = 0;
        auto sub = nc.subscribe("a", [&](const message_view& message) {
            ++count;
            if (message.payload == "2") throw std::runtime_error("cannot do 2");
            if (message.payload == "3") throw 3;
        });
        EXPECT_TRUE(co_await eventually([&] { return count == 5; }));
        EXPECT_EQ(seen.count(event_kind::error), 2u);
        EXPECT_EQ(seen.all().at(1).error, errc::handler_failed);
        EXPECT_EQ(seen.all().at(1).detail, "a: cannot do 2");
        EXPECT_EQ(seen.all().at(2).detail, "a");
        EXPECT_EQ(nc.status(), connection_status::connected);
    }(opts, log));
}

TEST_F(live_handler, of_a_burst_or_an_error_may_throw_too) {
    scripted_server server(burst_of_five());
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        nats::subscribe_options throwing;
        throwing.max_pending_messages = 2;
        throwing.after_burst = [] { throw std::runtime_error("burst"); };
        throwing.on_error = [](const boost::system::error_code&, const std::string&) {
            throw std::runtime_error("slow");
        };
        auto sub = nc.subscribe("a", throwing);
        EXPECT_TRUE(co_await seen.wait_for(event_kind::error, 2));
        EXPECT_TRUE(contains(seen.text(), "a: burst")) << seen.text();
        EXPECT_TRUE(contains(seen.text(), "a: slow")) << seen.text();
        EXPECT_EQ(nc.status(), connection_status::connected);
    }(opts, log));
}

TEST_F(live_handler, may_unsubscribe_itself) {
    std::string rest;
    {
        scripted_server server(burst_of_five(&rest));
        run([](std::string url) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(options_for(url));
            int count = 0;
            subscription sub;
            sub = nc.subscribe("a", [&](const message_view& message) {
                ++count;
                if (message.payload != "2") return;
                sub.unsubscribe();
                EXPECT_FALSE(sub.active());
                EXPECT_EQ(message.payload, "2");  // still there
            });
            EXPECT_TRUE(co_await eventually([&] { return nc.stats().in_messages == 5; }));
            EXPECT_EQ(count, 2);
        }(server.url()));
    }
    EXPECT_EQ(rest, "UNSUB 1\r\n");
}

TEST_F(live_handler, may_destroy_its_own_subscription) {
    scripted_server server(burst_of_five());
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        const auto owned = std::make_shared<int>(0);
        const std::weak_ptr<int> watch = owned;
        std::optional<subscription> sub;
        sub = nc.subscribe("a", [&sub, held = owned](const message_view& message) {
            ++*held;
            sub.reset();
            EXPECT_EQ(*held, 1);  // what it captured is still there
            EXPECT_EQ(message.payload, "1");
        });
        EXPECT_TRUE(co_await eventually([&] { return nc.stats().in_messages == 5; }));
        EXPECT_EQ(*owned, 1);
        EXPECT_EQ(watch.use_count(), 1);  // and is gone now
    }(server.url()));
}

TEST_F(live_handler, may_end_another_subscription_whose_messages_are_there) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB b 2\r\n");
        link.send("MSG a 1 1\r\n1\r\nMSG b 2 1\r\n2\r\nMSG a 1 1\r\n3\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        std::string seen;
        subscription b;
        auto a = nc.subscribe("a", [&](const message_view& message) {
            seen += message.payload;
            b = subscription();
        });
        b = nc.subscribe("b", [&](const message_view& message) { seen += message.payload; });
        EXPECT_TRUE(co_await eventually([&] { return nc.stats().in_messages == 3; }));
        EXPECT_EQ(seen, "13");
    }(server.url()));
}

TEST_F(live_handler, of_a_burst_may_end_the_subscription_that_comes_next) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB b 2\r\n");
        link.send("MSG a 1 1\r\n1\r\nMSG b 2 1\r\n2\r\nMSG a 1 1\r\n3\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        std::string seen;
        subscription b;
        nats::subscribe_options burst;
        burst.after_burst = [&] { b = subscription(); };
        auto a = nc.subscribe("a", [&](const message_view& message) { seen += message.payload; }, burst);
        b = nc.subscribe("b", [&](const message_view& message) { seen += message.payload; });
        EXPECT_TRUE(co_await eventually([&] { return nc.stats().in_messages == 3; }));
        EXPECT_EQ(seen, "13");
    }(server.url()));
}

TEST_F(live_handler, that_gives_up_its_subscription_is_the_last_that_is_called) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB b 2\r\n");
        link.send("MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG b 2 1\r\n3\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        std::string seen;
        subscription a;
        nats::subscribe_options burst;
        burst.after_burst = [&] { seen += '|'; };
        a = nc.subscribe(
            "a",
            [&](const message_view& message) {
                seen += message.payload;
                a = subscription();
            },
            burst);
        auto b = nc.subscribe("b", [&](const message_view& message) { seen += message.payload; }, burst);
        EXPECT_TRUE(co_await eventually([&] { return nc.stats().in_messages == 3; }));
        EXPECT_EQ(seen, "13|");
    }(server.url()));
}

TEST_F(live_handler, may_subscribe_publish_and_request) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::vector<subscription> made;
        int count = 0;
        auto echo = nc.subscribe("echo", [nc](const message_view& message) { nc.respond(message, message.payload); });
        auto sub = nc.subscribe("a", [&](const message_view&) {
            // So many that every table has to grow while the handler runs.
            for (int i = 0; i < 200; ++i) made.push_back(nc.subscribe("b", [&](const message_view&) { ++count; }));
            nc.publish("b", "");
        });
        nc.publish("a", "");
        EXPECT_TRUE(co_await eventually([&] { return count == 200; }));
        std::optional<nats::message> reply;
        auto asking = nc.subscribe("c", [&](const message_view&) {
            asio::co_spawn(nc.executor(), nc.request("echo", "hello"),
                           [&](const std::exception_ptr&, nats::message answer) { reply = std::move(answer); });
        });
        nc.publish("c", "");
        EXPECT_TRUE(co_await eventually([&] { return reply.has_value(); }));
        EXPECT_EQ(reply->payload(), "hello");
    });
}

TEST_F(live_handler, may_close_the_connection) {
    scripted_server server(burst_of_five());
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        int count = 0;
        auto sub = nc.subscribe("a", [&](const message_view& message) {
            ++count;
            if (message.payload != "2") return;
            nc.close();
            EXPECT_EQ(nc.status(), connection_status::closed);
            EXPECT_EQ(message.payload, "2");
            EXPECT_EQ(failure_at_once([&] { nc.publish("b", ""); }).code, errc::closed);
        });
        EXPECT_TRUE(co_await seen.wait_for(event_kind::closed));
        EXPECT_EQ(count, 2);
        EXPECT_FALSE(sub.active());
        const std::vector<event_kind> expected{event_kind::connected, event_kind::closed};
        EXPECT_EQ(seen.kinds(), expected);
    }(opts, log));
}

TEST_F(live_handler, may_destroy_the_last_handle_of_the_connection) {
    scripted_server server(burst_of_five());
    auto opts = options_for(server.url());
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        std::optional<connection> nc = co_await connection::connect(how);
        int count = 0;
        auto sub = nc->subscribe("a", [&](const message_view&) {
            ++count;
            nc.reset();
        });
        EXPECT_TRUE(co_await seen.wait_for(event_kind::closed));
        EXPECT_EQ(count, 1);
        EXPECT_FALSE(sub.active());
        auto waiting = sub.next(5s);
        EXPECT_EQ((co_await failure_of(std::move(waiting))).code, errc::closed);
    }(opts, log));
}

TEST_F(live_handler, that_owns_the_last_handle_closes_the_connection_when_it_ends) {
    connected([](nats_server& server, connection other) -> asio::awaitable<void> {
        auto opts = options_for(server);
        const event_log seen;
        seen.watch(opts);
        subscription sub;
        {
            const auto nc = co_await connection::connect(opts);
            sub = nc.subscribe("a", [nc](const message_view& message) { nc.respond(message, "here"); });
            co_await nc.flush();
        }
        const auto reply = co_await other.request("a", "");  // the handler keeps the connection open
        EXPECT_EQ(reply.payload(), "here");
        EXPECT_EQ(seen.count(event_kind::closed), 0u);
        sub = subscription();
        EXPECT_EQ(seen.count(event_kind::closed), 1u);
    });
}

TEST_F(live_handler, is_destroyed_when_its_subscription_has_ended) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        struct service {
            subscription sub;  // owned by what its own handler owns
            int count = 0;
        };
        std::weak_ptr<service> watch;
        {
            const auto made = std::make_shared<service>();
            watch = made;
            made->sub = nc.subscribe("a", [made](const message_view&) { ++made->count; });
        }
        nc.publish("a", "");
        co_await nc.flush();
        EXPECT_EQ(watch.lock()->count, 1);
        nc.close();
        EXPECT_TRUE(watch.expired());
    });
}

TEST_F(live_handler, that_throws_or_is_slow_does_not_disturb_other_subscriptions) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        int good = 0;
        auto bad = nc.subscribe("a", [](const message_view&) { throw std::runtime_error("bad"); });
        auto sub = nc.subscribe("a", [&](const message_view&) { ++good; });
        for (int i = 0; i < 100; ++i) nc.publish("a", "");
        co_await nc.flush();
        EXPECT_EQ(good, 100);
        EXPECT_EQ(bad.stats().delivered, 100u);
    });
}

}  // namespace
}  // namespace mote::test
