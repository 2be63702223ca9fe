#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::event_kind;
using nats::message;
using nats::message_view;
using nats::request_many_options;
using nats::request_options;

class live_request : public live_nats {};

request_options within(std::chrono::milliseconds timeout) {
    request_options options;
    options.timeout = timeout;
    return options;
}

TEST_F(live_request, gets_the_reply_with_its_headers) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("greet", [nc](const message_view& asked) {
            const nats::headers fields{{"Was", asked.headers.get("Lang").value_or("none")}};
            nc.respond(asked, "hello " + std::string(asked.payload), &fields);
        });
        request_options options;
        options.headers.add("Lang", "en");
        const auto reply = co_await nc.request("greet", "you", options);
        EXPECT_EQ(reply.payload(), "hello you");
        EXPECT_EQ(reply.headers().get("Was"), "en");
        const auto plain = co_await nc.request("greet", "all");
        EXPECT_EQ(plain.headers().get("Was"), "none");
    });
}

TEST_F(live_request, shares_one_wildcard_inbox) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    opts.inbox_prefix = "_MY.INBOX";
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("echo", [nc](const message_view& asked) { nc.respond(asked, asked.payload); });
        // Sent at once, all in flight together, awaited in another order.
        std::vector<asio::awaitable<message>> requests;
        for (int i = 0; i < 300; ++i) requests.push_back(nc.request("echo", std::to_string(i)));
        for (int i = 299; i >= 0; --i) {
            const auto reply = co_await std::move(requests[static_cast<std::size_t>(i)]);
            EXPECT_EQ(reply.payload(), std::to_string(i));
        }
    }(opts));
    const auto sent = proxy.connections().at(0).bytes(proxy_direction::to_target);
    const auto inbox = sent.find("SUB _MY.INBOX.");
    EXPECT_NE(inbox, std::string::npos);
    EXPECT_EQ(sent.find("SUB _MY.INBOX.", inbox + 1), std::string::npos);
    EXPECT_TRUE(contains(sent.substr(inbox, sent.find('\r', inbox) - inbox), ".* 2")) << sent.substr(inbox, 60);
}

TEST_F(live_request, fails_at_once_when_nobody_listens) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto asking = nc.request("nobody", "", within(60s));
        const auto seen = co_await failure_of(std::move(asking));
        EXPECT_EQ(seen.code, errc::no_responders);
        EXPECT_TRUE(contains(seen.text, "nobody")) << seen.text;
        request_many_options many;
        many.timeout = 60s;
        auto asking_many = nc.request_many("nobody", "", many);
        EXPECT_EQ((co_await failure_of(std::move(asking_many))).code, errc::no_responders);
    });
}

TEST_F(live_request, takes_a_503_with_a_body_for_an_answer) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        raw_client odd(server.port());
        odd.subscribe("odd");
        odd.flush();
        auto asking = nc.request("odd", "");
        co_await nc.flush();
        const auto asked = odd.read_frame();
        odd.publish(parse_raw_frame(asked).reply, "not this time", "NATS/1.0 503\r\n\r\n");
        const auto reply = co_await std::move(asking);
        EXPECT_EQ(reply.status(), 503);
        EXPECT_EQ(reply.payload(), "not this time");
    });
}

TEST_F(live_request, times_out_and_ignores_the_reply_that_comes_too_late) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::vector<message> asked;
        auto sub = nc.subscribe("slow", [&](const message_view& view) { asked.emplace_back(view); });
        auto asking = nc.request("slow", "1", within(30ms));
        const auto seen = co_await failure_of(std::move(asking));
        EXPECT_EQ(seen.code, errc::timeout);
        EXPECT_TRUE(contains(seen.text, "slow")) << seen.text;

        auto second = nc.request("slow", "2");  // may use the same slot
        EXPECT_TRUE(co_await eventually([&] { return asked.size() == 2; }));
        nc.respond(asked[0].view(), "late");
        nc.respond(asked[1].view(), "right");
        nc.respond(asked[1].view(), "again");  // only the first reply counts
        const auto reply = co_await std::move(second);
        EXPECT_EQ(reply.payload(), "right");
        co_await nc.flush();
        EXPECT_EQ(nc.status(), nats::connection_status::connected);
    });
}

TEST_F(live_request, each_of_many_times_out_when_its_own_time_has_come) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        std::vector<message> asked;
        auto sub = nc.subscribe("slow", [&](const message_view& view) { asked.emplace_back(view); });
        const auto ended = std::make_shared<std::vector<std::string>>();
        const auto ask = [&](std::string name, std::chrono::milliseconds timeout) {
            auto asking = nc.request("slow", name, within(timeout));
            asio::co_spawn(nc.executor(), std::move(asking),
                           [ended, name](const std::exception_ptr& failed, const message& reply) {
                               ended->push_back(name + (failed == nullptr ? " " + std::string(reply.payload()) : ""));
                           });
        };
        ask("patient", 60s);
        ask("second", 1s);
        ask("first", 20ms);  // while the timer is set for another one
        ask("second too", 1s);
        EXPECT_TRUE(co_await eventually([&] { return ended->size() == 3; }));
        EXPECT_EQ(ended->front(), "first");
        EXPECT_EQ(asked.size(), 4u);
        ask("third", 20ms);  // when it has come for others
        EXPECT_TRUE(co_await eventually([&] { return ended->size() == 4; }));
        EXPECT_EQ(ended->back(), "third");
        nc.respond(asked.front().view(), "answered");
        EXPECT_TRUE(co_await eventually([&] { return ended->size() == 5; }));
        EXPECT_EQ(ended->back(), "patient answered");
    });
}

TEST_F(live_request, uses_the_time_out_of_the_options_when_it_has_none) {
    connected([](nats_server& server, connection silent) -> asio::awaitable<void> {
        auto sub = silent.subscribe("slow", [](const message_view&) {});
        co_await silent.flush();
        auto opts = options_for(server);
        opts.request_timeout = 20ms;
        const auto nc = co_await connection::connect(opts);
        auto asking = nc.request("slow", "");
        EXPECT_EQ((co_await failure_of(std::move(asking))).code, errc::timeout);
    });
}

TEST_F(live_request, may_be_forgotten_before_it_is_awaited) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("echo", [nc](const message_view& asked) { nc.respond(asked, asked.payload); });
        for (int i = 0; i < 100; ++i) {
            auto forgotten = nc.request("echo", "old");
        }
        const auto reply = co_await nc.request("echo", "new");
        EXPECT_EQ(reply.payload(), "new");
        EXPECT_TRUE(co_await eventually([&] { return sub.stats().delivered == 101; }));
    });
}

TEST_F(live_request, fails_when_the_connection_is_closed_meanwhile) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("slow", [](const message_view&) {});
        auto asking = nc.request("slow", "", within(60s));
        auto many = nc.request_many("slow", "");
        nc.close();
        EXPECT_EQ((co_await failure_of(std::move(asking))).code, errc::closed);
        EXPECT_EQ((co_await failure_of(std::move(many))).code, errc::closed);
    });
}

TEST_F(live_request, keeps_an_answer_that_came_together_with_the_end) {
    scripted_server server([](scripted_link& link, int) {
        link.greet();
        const auto sub = link.read_until(".* 1\r\n");
        const auto inbox = sub.substr(4, sub.size() - 4 - 5);
        const auto pub = link.read_until("\r\n");
        const auto reply = pub.substr(6, pub.rfind(' ') - 6);
        link.send("MSG " + reply + " 1 4\r\ngood\r\n-ERR 'Permissions Violation for Publish to \"q\"'\r\n");
        EXPECT_TRUE(reply.starts_with(inbox)) << reply;
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        const auto reply = co_await nc.request("q", "");
        EXPECT_EQ(reply.payload(), "good");
    }(server.url()));
}

TEST_F(live_request, can_be_answered_after_a_reconnect) {
    nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, nats_server& behind, tcp_proxy& between) -> asio::awaitable<void> {
        const auto service = co_await connect_to(behind);
        std::optional<message> asked;
        auto sub = service.subscribe("slow", [&](const message_view& view) { asked.emplace(view); });
        co_await service.flush();
        const auto nc = co_await connection::connect(options_for(url));
        auto asking = nc.request("slow", "", within(20s));
        EXPECT_TRUE(co_await eventually([&] { return asked.has_value(); }));
        between.cut();
        co_await wait_reconnected(nc, 1);
        service.respond(asked->view(), "after all");
        const auto reply = co_await std::move(asking);
        EXPECT_EQ(reply.payload(), "after all");
    }(through(proxy), server, proxy));
}

TEST_F(live_request, is_refused_for_a_bad_subject) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        EXPECT_EQ(failure_at_once([&] { (void)nc.request("a b", ""); }).code, errc::bad_subject);
        EXPECT_EQ(failure_at_once([&] { (void)nc.request_many("", ""); }).code, errc::bad_subject);
        co_return;
    });
}

// ---- many replies

/// Replies "1" to "5" to each request, and no more.
nats::subscription five_replies(const connection& nc) {
    return nc.subscribe("many", [nc](const message_view& asked) {
        for (int i = 1; i <= 5; ++i) nc.respond(asked, std::to_string(i));
    });
}

std::string joined(const std::vector<message>& replies) {
    std::string text;
    for (const auto& reply : replies) text += reply.payload();
    return text;
}

TEST_F(live_request, for_many_ends_at_the_count) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = five_replies(nc);
        request_many_options three;
        three.max_messages = 3;
        three.timeout = 60s;
        EXPECT_EQ(joined(co_await nc.request_many("many", "", three)), "123");
        EXPECT_EQ(joined(co_await nc.request_many("many", "", three)), "123");
    });
}

TEST_F(live_request, for_many_ends_when_replies_stall) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = five_replies(nc);
        request_many_options stall;
        stall.stall = 50ms;
        stall.timeout = 60s;
        EXPECT_EQ(joined(co_await nc.request_many("many", "", stall)), "12345");
    });
}

TEST_F(live_request, for_many_ends_at_the_deadline) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = five_replies(nc);
        request_many_options brief;
        brief.timeout = 100ms;
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(joined(co_await nc.request_many("many", "", brief)), "12345");
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
        auto silent = nc.subscribe("silent", [](const message_view&) {});
        const auto none = co_await nc.request_many("silent", "", brief);
        EXPECT_TRUE(none.empty());
    });
}

// ---- permissions

nats_server_options with_permissions(std::string permissions) {
    nats_server_options options = core_only();
    options.config = "authorization { users: [ { user: u, password: p, permissions: { " + permissions + " } } ] }";
    return options;
}

asio::awaitable<connection> connect_as_user(const nats_server& server, const event_log* log = nullptr) {
    auto opts = options_for(server);
    opts.user = "u";
    opts.password = "p";
    if (log != nullptr) log->watch(opts);
    co_return co_await connection::connect(opts);
}

TEST_F(live_request, fails_at_once_when_it_may_not_be_published) {
    const nats_server server(with_permissions("publish: { deny: \"secret\" }"));
    run([](const nats_server& strict) -> asio::awaitable<void> {
        const event_log log;
        const auto nc = co_await connect_as_user(strict, &log);
        auto asking = nc.request("secret", "", within(60s));
        const auto seen = co_await failure_of(std::move(asking));
        EXPECT_EQ(seen.code, errc::permission_denied);
        EXPECT_TRUE(contains(seen.text, "secret")) << seen.text;
        EXPECT_EQ(log.last(event_kind::error).error, errc::permission_denied);
        EXPECT_TRUE(contains(log.last(event_kind::error).detail, "Publish to \"secret\"")) << log.text();

        request_many_options many;
        many.timeout = 60s;
        auto asking_many = nc.request_many("secret", "", many);
        EXPECT_EQ((co_await failure_of(std::move(asking_many))).code, errc::permission_denied);

        auto other = nc.request("nobody", "");
        EXPECT_EQ((co_await failure_of(std::move(other))).code, errc::no_responders);
        nc.publish("secret", "");
        EXPECT_TRUE(co_await log.wait_for(event_kind::error, 3));
        EXPECT_EQ(nc.status(), nats::connection_status::connected);
    }(server));
}

TEST_F(live_request, fails_at_once_when_the_inbox_may_not_be_subscribed) {
    const nats_server server(with_permissions("subscribe: { deny: \"_INBOX.>\" }"));
    run([](const nats_server& strict) -> asio::awaitable<void> {
        const auto nc = co_await connect_as_user(strict);
        for (int i = 0; i < 2; ++i) {
            auto asking = nc.request("anybody", "", within(60s));
            EXPECT_EQ((co_await failure_of(std::move(asking))).code, errc::permission_denied);
        }
        request_many_options many;
        many.timeout = 60s;
        auto asking_many = nc.request_many("anybody", "", many);
        EXPECT_EQ((co_await failure_of(std::move(asking_many))).code, errc::permission_denied);
    }(server));
}

// ---- cancellation

template <class T>
asio::awaitable<void> note_failure(asio::awaitable<T> operation, boost::system::error_code& out) {
    const failure seen = co_await failure_of(std::move(operation));
    out = seen.code;
}

/// Starts an operation, cancels it when it waits, and expects that it says so.
template <class T>
asio::awaitable<void> expect_cancelled(asio::awaitable<T> operation) {
    const auto executor = co_await asio::this_coro::executor;
    asio::cancellation_signal cancel;
    boost::system::error_code seen;
    bool ended = false;
    asio::co_spawn(executor, note_failure(std::move(operation), seen),
                   asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr&) { ended = true; }));
    asio::steady_timer turn(executor, 5ms);  // any moment will do
    co_await turn.async_wait(asio::use_awaitable);
    EXPECT_FALSE(ended);
    cancel.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(co_await eventually([&] { return ended; }));
    EXPECT_EQ(seen, asio::error::operation_aborted) << seen.message();
}

TEST_F(live_request, can_be_cancelled_as_all_that_waits) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    run([](std::string url, tcp_proxy& between) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        std::vector<message> asked;
        auto slow = nc.subscribe("slow", [&](const message_view& view) { asked.emplace_back(view); });
        auto pull = nc.subscribe("pull");
        co_await expect_cancelled(nc.request("slow", "1", within(60s)));
        co_await expect_cancelled(nc.request_many("slow", "2"));
        co_await expect_cancelled(pull.next(60s));
        EXPECT_TRUE(co_await eventually([&] { return asked.size() == 2; }));

        // Nothing is out of step: what comes late is ignored, what comes later is found.
        auto again = nc.request("slow", "3");
        EXPECT_TRUE(co_await eventually([&] { return asked.size() == 3; }));
        nc.respond(asked[0].view(), "late");
        nc.respond(asked[2].view(), "right");
        EXPECT_EQ((co_await std::move(again)).payload(), "right");
        nc.publish("pull", "here");
        EXPECT_EQ((co_await pull.next(5s))->payload(), "here");

        between.stall();
        co_await expect_cancelled(nc.flush(60s));
        between.resume();
        co_await nc.flush();
        between.stall();
        co_await expect_cancelled(nc.drain(60s));
        between.resume();
        EXPECT_EQ(nc.status(), nats::connection_status::closed);
    }(through(proxy), proxy));
}

}  // namespace
}  // namespace mote::test
