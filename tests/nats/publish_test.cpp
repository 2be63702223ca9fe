#include <tests/nats/live.hpp>
#include <tests/nats/scripted_server.hpp>
#include <tests/support/raw_client.hpp>
#include <tests/support/tcp_proxy.hpp>

#include <atomic>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;
using nats::headers;

class live_publish : public live_nats {};

TEST_F(live_publish, sends_subject_reply_headers_and_payload_as_they_are) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        raw_client other(server.port());
        other.subscribe("a.>");
        other.flush();
        const std::string bytes("\0\r\n\xff", 4);
        nc.publish("a.b", bytes);
        nc.publish("a.c", "");
        const headers fields{{"X-One", "1"}, {"x-one", " two "}, {"X-One", "3"}};
        nc.publish("a.d", "data", fields);
        nc.publish("a.e", "answer.here", "data", headers());
        nc.publish("a.f", "answer.here", "", fields);
        co_await nc.flush();
        EXPECT_EQ(other.read_frame(), "MSG a.b 1 4\r\n" + bytes + "\r\n");
        EXPECT_EQ(other.read_frame(), "MSG a.c 1 0\r\n\r\n");
        EXPECT_EQ(other.read_frame(),
                  "HMSG a.d 1 44 48\r\nNATS/1.0\r\nX-One: 1\r\nx-one: two\r\nX-One: 3\r\n\r\ndata\r\n");
        EXPECT_EQ(other.read_frame(), "MSG a.e 1 answer.here 4\r\ndata\r\n");
        EXPECT_EQ(other.read_frame(),
                  "HMSG a.f 1 answer.here 44 44\r\nNATS/1.0\r\nX-One: 1\r\nx-one: two\r\nX-One: 3\r\n\r\n\r\n");
    });
}

TEST_F(live_publish, checks_subjects_before_anything_is_sent) {
    const nats_server server(core_only());
    const tcp_proxy proxy(server.port());
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        for (const char* subject : {"", "a b", "a\tb", "a\r\nPUB x 0", ".a", "a.", "a..b", "a\x7f"}) {
            const auto seen = failure_at_once([&] { nc.publish(subject, "bad"); });
            EXPECT_EQ(seen.code, errc::bad_subject) << subject;
            const auto reply = failure_at_once([&] { nc.publish("a", subject, "bad", headers()); });
            EXPECT_EQ(reply.code, *subject == '\0' ? boost::system::error_code() : errc::bad_subject) << subject;
        }
        EXPECT_TRUE(contains(failure_at_once([&] { nc.publish("a..b", ""); }).text, "a..b"));
        co_await nc.flush();
    }(through(proxy)));
    const auto sent = proxy.connections().at(0).bytes(proxy_direction::to_target);
    EXPECT_EQ(sent.substr(sent.find("PING\r\n") + 6), "PUB a 3\r\nbad\r\nPING\r\n");  // the one with the empty reply
}

TEST_F(live_publish, refuses_headers_that_could_not_be_sent) {
    for (const char* name : {"", "a b", "a:b", "a\r\nb", "\xc3\xa4"})
        EXPECT_EQ(failure_at_once([name] { headers().add(name, "x"); }).code, errc::bad_header) << name;
}

TEST_F(live_publish, takes_exactly_what_the_server_takes) {
    nats_server_options options = core_only();
    options.max_payload = 1000;
    connected(
        [](nats_server&, connection nc) -> asio::awaitable<void> {
            auto sub = nc.subscribe("a");
            nc.publish("a", std::string(1000, 'x'));
            const auto seen = failure_at_once([&] { nc.publish("a", std::string(1001, 'x')); });
            EXPECT_EQ(seen.code, errc::max_payload_exceeded);
            EXPECT_TRUE(contains(seen.text, "1001 bytes to a, the server takes 1000")) << seen.text;
            const headers fields{{"A", "1"}};  // 18 bytes: NATS/1.0, A: 1 and the blank line
            nc.publish("a", std::string(982, 'x'), fields);
            EXPECT_EQ(failure_at_once([&] { nc.publish("a", std::string(983, 'x'), fields); }).code,
                      errc::max_payload_exceeded);
            auto asking = failure_at_once([&] { (void)nc.request("a", std::string(1001, 'x')); });
            EXPECT_EQ(asking.code, errc::max_payload_exceeded);
            nc.publish("a", "end");
            for (const std::size_t size : {1000u, 982u, 3u}) {
                const auto got = co_await sub.next(5s);
                EXPECT_EQ(got->payload().size(), size);
            }
            EXPECT_EQ(nc.stats().out_messages, 3u);
            EXPECT_EQ(nc.stats().reconnects, 0u);
        },
        options);
}

TEST_F(live_publish, refuses_headers_for_a_server_without_them) {
    scripted_server server([](scripted_link& link, int) {
        link.greet(R"({"server_id":"S","max_payload":100})");
        EXPECT_EQ(link.read_all(), "PUB a 1\r\n2\r\n");
    });
    run([](std::string url) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        const headers fields{{"A", "1"}};
        EXPECT_EQ(failure_at_once([&] { nc.publish("a", "1", fields); }).code, errc::headers_not_supported);
        nc.publish("a", "2", headers());
        nc.close();
    }(server.url()));
}

TEST_F(live_publish, refuses_all_once_the_connection_is_closed) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        nc.close();
        EXPECT_EQ(failure_at_once([&] { nc.publish("a", ""); }).code, errc::closed);
        EXPECT_EQ(failure_at_once([&] { (void)nc.request("a", ""); }).code, errc::closed);
        EXPECT_EQ(failure_at_once([&] { (void)nc.request_many("a", ""); }).code, errc::closed);
        EXPECT_EQ(failure_at_once([&] { (void)nc.subscribe("a"); }).code, errc::closed);
        auto flushing = nc.flush();
        EXPECT_EQ((co_await failure_of(std::move(flushing))).code, errc::closed);
        auto draining = nc.drain();
        EXPECT_EQ((co_await failure_of(std::move(draining))).code, errc::closed);
        nc.close();
    });
}

TEST_F(live_publish, counts_what_goes_out_and_comes_in) {
    connected([](nats_server&, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a");
        nc.publish("a", "12345");
        nc.publish("a", "12", headers{{"A", "1"}});
        nc.publish("nobody", "1");
        co_await nc.flush();
        const auto stats = nc.stats();
        EXPECT_EQ(stats.out_messages, 3u);
        EXPECT_EQ(stats.out_bytes, 5u + 18 + 2 + 1);
        EXPECT_EQ(stats.in_messages, 2u);
        EXPECT_EQ(stats.in_bytes, 5u + 18 + 2);
    });
}

TEST_F(live_publish, answers_only_what_wants_an_answer) {
    connected([](nats_server& server, connection nc) -> asio::awaitable<void> {
        auto sub = nc.subscribe("a", [nc](const nats::message_view& message) {
            const headers fields{{"A", "1"}};
            nc.respond(message, "plain");
            nc.respond(message, "more", &fields);
        });
        co_await nc.flush();
        raw_client other(server.port());
        other.subscribe("back");
        other.publish("a", "no reply wanted");
        other.publish("a", "x", {}, "back");
        EXPECT_TRUE(co_await eventually([&] { return nc.stats().in_messages == 2; }));
        EXPECT_EQ(other.read_frame(), "MSG back 1 5\r\nplain\r\n");
        EXPECT_EQ(other.read_frame(), "HMSG back 1 18 22\r\nNATS/1.0\r\nA: 1\r\n\r\nmore\r\n");
        EXPECT_EQ(nc.stats().out_messages, 2u);
    });
}

/// Publishes numbered messages of 1000 bytes until the buffer is full, and returns how many were taken.
int publish_until_full(const connection& nc, int first) {
    for (int i = first;; ++i) {
        const auto number = std::to_string(i);
        const auto seen = failure_at_once([&] { nc.publish("a", number + std::string(1000 - number.size(), ' ')); });
        if (!seen.code) continue;
        EXPECT_EQ(seen.code, errc::outbound_buffer_full);
        EXPECT_TRUE(contains(seen.text, "100000 bytes wait")) << seen.text;
        return i;
    }
}

TEST_F(live_publish, is_refused_while_the_server_does_not_take_more_and_loses_nothing) {
    const nats_server server(core_only());
    tcp_proxy proxy(server.port());
    auto opts = options_for(through(proxy));
    opts.max_outbound_bytes = 100000;
    run([](nats::options how, tcp_proxy& between, std::uint16_t port) -> asio::awaitable<void> {
        raw_client other(port);
        other.subscribe("a");
        other.flush();
        const auto nc = co_await connection::connect(how);
        between.stall();
        const int taken = publish_until_full(nc, 0);
        EXPECT_GT(taken, 90);
        between.resume();
        co_await nc.flush();
        for (int i = 0; i < taken; ++i) {
            const auto number = std::to_string(i);
            const auto frame = other.read_frame();
            EXPECT_TRUE(contains(frame, "MSG a 1 1000\r\n" + number + " ")) << frame;
        }
        nc.publish("a", "again");
        co_await nc.flush();
        EXPECT_EQ(other.read_frame(), "MSG a 1 5\r\nagain\r\n");
    }(opts, proxy, server.port()));
}

TEST_F(live_publish, takes_one_message_that_is_larger_than_the_bound) {
    const nats_server server(core_only());
    auto opts = options_for(server);
    opts.max_outbound_bytes = 1000;
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        auto sub = nc.subscribe("a");
        for (int i = 0; i < 3; ++i) {
            nc.publish("a", std::string(500000, 'x'));
            const auto got = co_await sub.next(10s);
            EXPECT_EQ(got->payload().size(), 500000u);
        }
    }(opts));
}

TEST_F(live_publish, makes_one_write_of_all_that_one_read_produced) {
    constexpr int count = 50;
    std::atomic<bool> seen = false;
    scripted_server server([&seen](scripted_link& link, int) {
        link.greet();
        link.read_until("SUB a 1\r\n");
        std::string burst;
        for (int i = 0; i < count; ++i) burst += "MSG a 1 r." + std::to_string(i) + " 2\r\nhi\r\n";
        link.send(burst);
        std::string expected;
        for (int i = 0; i < count; ++i) expected += "PUB r." + std::to_string(i) + " 2\r\nhi\r\n";
        EXPECT_EQ(link.read_some(), expected);
        seen = true;
        link.read_all();
    });
    run([](std::string url, const std::atomic<bool>& all_read) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(options_for(url));
        auto sub = nc.subscribe("a", [nc](const nats::message_view& message) { nc.respond(message, message.payload); });
        EXPECT_TRUE(co_await eventually([&] { return all_read.load(); }));
        EXPECT_EQ(nc.stats().out_messages, static_cast<std::uint64_t>(count));
    }(server.url(), seen));
}

}  // namespace
}  // namespace mote::test
