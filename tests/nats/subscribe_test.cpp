#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <optional>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;
using nats::message_view;
using nats::subscription;

class live_subscribe : public live_nats {};

TEST_F(live_subscribe, hands_each_message_to_the_handler_as_it_came) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        std::vector<std::string> seen;
        auto sub = nc.subscribe("a.*", [&](const message_view& message) {
            EXPECT_TRUE(nc.on_executor());
            seen.push_back(std::string(message.subject) + "|" + std::string(message.reply) + "|" +
                           std::string(message.headers.get("H").value_or("-")) + "|" + std::string(message.payload));
        });
        co_await nc.flush();
        raw_client other(server.port());
        other.publish("a.b", "1");
        other.publish("a.c", "", "NATS/1.0\r\nH: v\r\n\r\n", "back");
        other.publish("a", "not for us");
        other.publish("a.b.c", "nor this");
        other.flush();
        co_await nc.flush();
        const std::vector<std::string> expected{"a.b||-|1", "a.c|back|v|"};
        EXPECT_EQ(seen, expected);
        EXPECT_EQ(sub.stats().delivered, 2u);
        EXPECT_EQ(sub.subject(), "a.*");
    });
}

TEST_F(live_subscribe, queues_messages_for_who_asks_for_them) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a.>");
        EXPECT_FALSE(sub.try_next().has_value());
        nc.publish("a.b", "1");
        nc.publish("a.b.c", "22");
        const auto first = co_await sub.next(5s);
        EXPECT_EQ(first->payload(), "1");
        co_await nc.flush();
        EXPECT_EQ(sub.stats().pending_messages, 1u);
        EXPECT_EQ(sub.stats().pending_bytes, 2u);
        const auto second = sub.try_next();
        EXPECT_EQ(second->subject(), "a.b.c");
        EXPECT_EQ(sub.stats().pending_messages, 0u);
        EXPECT_EQ(sub.stats().delivered, 2u);
        auto waiting = sub.next(10ms);
        const auto seen = co_await failure_of(std::move(waiting));
        EXPECT_EQ(seen.code, errc::timeout);
        EXPECT_TRUE(contains(seen.text, "a.>")) << seen.text;
    });
}

TEST_F(live_subscribe, waits_for_ever_when_asked) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a");
        nc.publish("a", "1");
        const auto got = co_await sub.next(std::chrono::nanoseconds::max());
        EXPECT_EQ(got->payload(), "1");
    });
}

TEST_F(live_subscribe, shares_messages_within_a_queue_group) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        const auto second = co_await connect_to(server);
        int counts[3] = {0, 0, 0};
        nats::subscribe_options group;
        group.queue_group = "workers";
        auto a = nc.subscribe("job", [&](const message_view&) { ++counts[0]; }, group);
        auto b = second.subscribe("job", [&](const message_view&) { ++counts[1]; }, group);
        auto all = nc.subscribe("job", [&](const message_view&) { ++counts[2]; });
        co_await nc.flush();
        co_await second.flush();
        for (int i = 0; i < 200; ++i) nc.publish("job", "");
        co_await nc.flush();
        co_await second.flush();
        EXPECT_EQ(counts[0] + counts[1], 200);
        EXPECT_GT(counts[0], 0);
        EXPECT_GT(counts[1], 0);
        EXPECT_EQ(counts[2], 200);
    });
}

TEST_F(live_subscribe, checks_subject_and_queue_group) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        for (const char* subject : {"", "a b", "a..b", ".a", "a.", "a.>.b", "a*", "a.b>", "a\r\n"})
            EXPECT_EQ(failure_at_once([&] { (void)nc.subscribe(subject); }).code, errc::bad_subject) << subject;
        for (const char* group : {"a b", "a\t", "a\r\nb"}) {
            nats::subscribe_options options;
            options.queue_group = group;
            EXPECT_EQ(failure_at_once([&] { (void)nc.subscribe("a", options); }).code, errc::bad_queue_group) << group;
        }
        co_await nc.flush();
    });
}

TEST_F(live_subscribe, ends_at_once_when_unsubscribed) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto sub = nc.subscribe("a");
        nc.publish("a", "1");
        nc.publish("a", "2");
        co_await nc.flush();
        sub.unsubscribe();
        EXPECT_FALSE(sub.active());
        nc.publish("a", "3");
        co_await nc.flush();
        const auto first = co_await sub.next(5s);  // what arrived stays
        EXPECT_EQ(first->payload(), "1");
        EXPECT_EQ(sub.try_next()->payload(), "2");
        EXPECT_FALSE((co_await sub.next(5s)).has_value());
        sub.unsubscribe();
    }(through(proxy)));
    EXPECT_TRUE(contains(proxy.connections().at(0).bytes(proxy_direction::to_target), "UNSUB 1\r\nPUB a 1\r\n3"));
}

TEST_F(live_subscribe, ends_after_as_many_messages_as_asked) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        nats::subscribe_options three;
        three.max_messages = 3;
        auto at_start = nc.subscribe("a", three);
        auto later = nc.subscribe("a");
        nc.publish("a", "1");
        co_await nc.flush();
        later.unsubscribe(2);  // in all: one more
        EXPECT_TRUE(later.active());
        for (int i = 2; i <= 5; ++i) nc.publish("a", std::to_string(i));
        co_await nc.flush();
        EXPECT_FALSE(at_start.active());
        EXPECT_FALSE(later.active());
        for (const char* expected : {"1", "2", "3"}) EXPECT_EQ((co_await at_start.next(5s))->payload(), expected);
        EXPECT_FALSE((co_await at_start.next(5s)).has_value());
        for (const char* expected : {"1", "2"}) EXPECT_EQ((co_await later.next(5s))->payload(), expected);
        EXPECT_FALSE((co_await later.next(5s)).has_value());
    }(through(proxy)));
    const auto sent = proxy.connections().at(0).bytes(proxy_direction::to_target);
    EXPECT_TRUE(contains(sent, "SUB a 1\r\nUNSUB 1 3\r\n")) << sent;
    EXPECT_TRUE(contains(sent, "UNSUB 2 2\r\n")) << sent;
}

TEST_F(live_subscribe, ends_when_its_handle_goes) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        int count = 0;
        std::optional<subscription> sub = nc.subscribe("a", [&](const message_view&) { ++count; });
        auto moved = std::move(*sub);
        sub.reset();
        nc.publish("a", "");
        co_await nc.flush();
        EXPECT_EQ(count, 1);
        moved = nc.subscribe("b", [](const message_view&) {});
        nc.publish("a", "");
        co_await nc.flush();
        EXPECT_EQ(count, 1);
        EXPECT_TRUE(moved.active());
    }(through(proxy)));
    EXPECT_TRUE(contains(proxy.connections().at(0).bytes(proxy_direction::to_target), "SUB b 2\r\nUNSUB 1\r\n"));
}

TEST_F(live_subscribe, takes_late_messages_of_an_ended_subscription_for_nobodys) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB a 1\r\n");
        link.read_until("UNSUB 1\r\n");
        const auto sub = link.read_until("PING\r\n");  // SUB b of the slot that is free again
        EXPECT_TRUE(sub.starts_with("SUB b ")) << sub;
        const auto sid = sub.substr(6, sub.find("\r\n") - 6);
        EXPECT_NE(sid, "1");
        link.send("MSG a 1 4\r\nlate\r\nMSG b " + sid + " 4\r\ngood\r\nPONG\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto sub = nc.subscribe("a");
        sub = subscription();
        sub = nc.subscribe("b");
        co_await nc.flush();
        EXPECT_EQ(sub.try_next()->payload(), "good");
        EXPECT_FALSE(sub.try_next().has_value());
    }(server.url()));
}

TEST_F(live_subscribe, calls_after_burst_once_for_messages_in_a_row) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB b 2\r\n");
        link.send("MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\nMSG b 2 1\r\n3\r\nMSG a 1 1\r\n4\r\nMSG a 1 1\r\n5\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        std::string seen;
        nats::subscribe_options burst;
        burst.after_burst = [&] { seen += '|'; };
        auto a = nc.subscribe("a", [&](const message_view& message) { seen += message.payload; }, burst);
        auto b = nc.subscribe("b", [&](const message_view& message) { seen += message.payload; });
        EXPECT_TRUE(co_await eventually([&] { return seen.size() == 7; }));
        EXPECT_EQ(seen, "12|345|");
    }(server.url()));
}

TEST_F(live_subscribe, fails_when_the_server_does_not_permit_it) {
    nats_server_options options = core_only();
    options.config = R"(authorization { users: [ { user: u, password: p, permissions: {
        publish: ">", subscribe: { deny: ["secret.>", "shared group"] } } } ] })";
    const nats_server server(options);
    auto opts = options_for(server);
    opts.user = "u";
    opts.password = "p";
    const event_log log;
    log.watch(opts);
    run([](nats::options how, event_log seen) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        std::vector<std::string> told;
        nats::subscribe_options denied;
        denied.on_error = [&](const boost::system::error_code& code, const std::string& text) {
            EXPECT_EQ(code, errc::permission_denied);
            told.push_back(text);
        };
        auto pull = nc.subscribe("secret.a");
        auto waiting = pull.next(5s);
        const auto failed = co_await failure_of(std::move(waiting));
        EXPECT_EQ(failed.code, errc::permission_denied);
        EXPECT_TRUE(contains(failed.text, "secret.a")) << failed.text;
        EXPECT_FALSE(pull.active());

        auto push = nc.subscribe("secret.b", [](const message_view&) { ADD_FAILURE() << "not permitted"; }, denied);
        denied.queue_group = "group";
        auto grouped = nc.subscribe("shared", [](const message_view&) {}, denied);
        auto alone = nc.subscribe("shared", [](const message_view&) {});
        co_await nc.flush();
        EXPECT_FALSE(push.active());
        EXPECT_FALSE(grouped.active());
        EXPECT_TRUE(alone.active());
        EXPECT_EQ(told.size(), 2u);
        if (told.size() == 2) {
            EXPECT_TRUE(contains(told[0], "secret.b")) << told[0];
            EXPECT_TRUE(contains(told[1], "\"shared\" using queue \"group\"")) << told[1];
        }
        EXPECT_EQ(seen.count(event_kind::error), 3u);
        EXPECT_EQ(seen.last(event_kind::error).error, errc::permission_denied);
        EXPECT_EQ(nc.status(), nats::connection_status::connected);
    }(opts, log));
}

}  // namespace
}  // namespace mote::test
