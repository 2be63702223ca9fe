// Replies that come under another subject than they were sent to, as the mapping of an import makes them.

#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;

nats::request_options bounded_by(std::chrono::milliseconds timeout) {
    nats::request_options options;
    options.timeout = timeout;
    return options;
}

/// The sid of the next inbox.
std::string next_inbox(scripted_link& link) {
    link.read_until("SUB _INBOX.");
    const auto rest = link.read_until("\r\n");
    return rest.substr(rest.find(' ') + 1, rest.find('\r') - rest.find(' ') - 1);
}

/// The reply subject of the next request.
std::string next_reply(scripted_link& link, const std::string& subject) {
    link.read_until("PUB " + subject + " ");
    const auto rest = link.read_until("\r\n");
    return rest.substr(0, rest.find(' '));
}

TEST(live_rewritten_reply, is_that_of_the_only_request) {
    const scripted_server server([](scripted_link& link, int) {
        link.greet();
        for (const auto* const subject :
             {"orders.new", "x", "a.subject.that.is.longer.than.an.inbox.with.its.token.1"}) {
            next_reply(link, "q");
            link.send("MSG " + std::string(subject) + " 1 4\r\ngood\r\n");
        }
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        for (int i = 0; i < 3; ++i) {
            const auto reply = co_await nc.request("q", "", bounded_by(10s));
            EXPECT_EQ(reply.payload(), "good");
        }
        nc.close();
    }(server.url()));
}

TEST(live_rewritten_reply, is_dropped_where_several_wait) {
    const scripted_server server([](scripted_link& link, int) {
        link.greet();
        const auto first = next_reply(link, "first");
        const auto second = next_reply(link, "second");
        link.send("MSG orders.new 1 6\r\nwhose?\r\n");
        link.send("MSG " + second + " 1 6\r\nsecond\r\nMSG " + first + " 1 5\r\nfirst\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto first = nc.request("first", "", bounded_by(10s));
        auto second = nc.request("second", "", bounded_by(10s));
        const auto one = co_await std::move(first);
        const auto other = co_await std::move(second);
        EXPECT_EQ(one.payload(), "first");
        EXPECT_EQ(other.payload(), "second");
        nc.close();
    }(server.url()));
}

TEST(live_rewritten_reply, that_is_late_and_has_its_own_subject_is_not_anothers) {
    const scripted_server server([](scripted_link& link, int) {
        link.greet();
        const auto old = next_inbox(link);
        const auto given_up = next_reply(link, "slow");
        const auto inbox = next_inbox(link);
        const auto reply = next_reply(link, "q");
        link.send("MSG " + given_up + " " + old + " 4\r\nlate\r\n");
        link.send("MSG " + reply + " " + inbox + " 5\r\nright\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        EXPECT_EQ((co_await failure_of(nc.request("slow", "", bounded_by(10ms)))).code, errc::timeout);
        const auto reply = co_await nc.request("q", "", bounded_by(10s));
        EXPECT_EQ(reply.payload(), "right");
        nc.close();
    }(server.url()));
}

TEST(live_rewritten_reply, that_is_late_comes_to_an_inbox_of_the_past) {
    const scripted_server server([](scripted_link& link, int) {
        link.greet();
        const auto old = next_inbox(link);
        next_reply(link, "next");
        const auto inbox = next_inbox(link);
        next_reply(link, "balance");
        link.send("MSG s.a " + old + " 4\r\nlate\r\nMSG mapped " + inbox + " 5\r\nright\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        EXPECT_EQ((co_await failure_of(nc.request("next", "", bounded_by(10ms)))).code, errc::timeout);
        const auto reply = co_await nc.request("balance", "", bounded_by(10s));
        EXPECT_EQ(reply.payload(), "right");
        nc.close();
    }(server.url()));
}

TEST(live_rewritten_reply, is_dropped_where_another_may_be_late) {
    const scripted_server server([](scripted_link& link, int) {
        link.greet();
        next_reply(link, "next");
        const auto reply = next_reply(link, "balance");
        link.read_until("PUB given.up ");  // the time of the first is over
        link.send("MSG s.a 1 4\r\nlate\r\nMSG " + reply + " 1 5\r\nright\r\n");
        link.read_all();
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto next = nc.request("next", "", bounded_by(10ms));
        auto balance = nc.request("balance", "", bounded_by(10s));
        EXPECT_EQ((co_await failure_of(std::move(next))).code, errc::timeout);
        nc.publish("given.up", "unused");
        const auto reply = co_await std::move(balance);
        EXPECT_EQ(reply.payload(), "right");
        nc.close();
    }(server.url()));
}

}  // namespace
}  // namespace mote::test
