// The HTTP server and peers that take their time, alone and in great numbers.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace asio = boost::asio;

asio::awaitable<void> answer_read(http::exchange& asked) {
    co_await asked.read_body();
    asked.respond(200, {}, "ok");
}

TEST(http_slow_peers, cannot_prolong_a_head_byte_by_byte) {
    http::server_options options;
    options.head_timeout = 200ms;
    running_server server(answer_ok, options);
    byte_peer peer(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
    for (int sent = 0; sent < 4000 && !peer.readable(5ms); ++sent) peer.send("a");
    EXPECT_EQ(status_in(peer.rest()), 408);
}

/// 408 in the end, however long a byte comes now and then.
void expect_no_drips(const http::server_handler& handler, const std::string& framing, const std::string& drip) {
    http::server_options options;
    options.body_timeout = 300ms;
    options.linger = 100ms;
    running_server server(handler, options);
    byte_peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: x\r\n" + framing);
    for (int sent = 0; sent < 4000 && !peer.readable(5ms); ++sent) peer.send(drip);
    EXPECT_EQ(status_in(peer.rest()), 408) << framing;
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; }));
}

TEST(http_slow_peers, cannot_prolong_a_body_byte_by_byte) {
    for (const http::server_handler& handler : {http::server_handler(answer_ok), http::server_handler(answer_read)}) {
        expect_no_drips(handler, "Content-Length: 100000\r\n\r\n", "a");
        expect_no_drips(handler, "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n");
        expect_no_drips(handler, "Transfer-Encoding: chunked\r\n\r\n5000\r\n", "a");
    }
}

asio::awaitable<void> read_after_a_pause(http::exchange* asked, std::chrono::milliseconds time) {
    std::size_t size = 0;
    for (;;) {
        const auto piece = co_await asked->read_some();
        if (piece.empty()) break;
        if (size == 0) {
            asio::steady_timer timer(co_await asio::this_coro::executor, time);
            co_await timer.async_wait(asio::use_awaitable);
        }
        size += piece.size();
    }
    asked->respond(200, {}, std::to_string(size));
}

TEST(http_slow_peers, are_not_those_whose_body_is_read_slowly) {
    http::server_options options;
    options.body_timeout = 500ms;
    running_server server([](http::exchange& asked) { return read_after_a_pause(&asked, 1500ms); }, options);
    byte_peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
    const auto got = peer.until("\r\n\r\n200000");
    EXPECT_EQ(status_in(got), 200) << got;
}

TEST(http_slow_peers, of_a_body_end_the_handler_that_waits_for_it) {
    http::server_options options;
    options.body_timeout = 100ms;
    running_server server(answer_read, options);
    for (const std::string framing : {"Content-Length: 5\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        byte_peer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: x\r\n" + framing);
        const auto got = peer.rest();
        EXPECT_EQ(status_in(got), 408) << got;
        EXPECT_NE(got.find("Connection: close\r\n"), std::string::npos) << got;
    }
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == 0; }));
}

asio::awaitable<void> catch_slowness(http::exchange* asked, std::atomic<int>* status) {
    asked->start(200);
    try {
        co_await asked->read_body();
    } catch (const http::status_error& slow) {
        *status = slow.status();
        throw;
    }
}

TEST(http_slow_peers, of_a_body_cut_a_response_that_has_begun) {
    std::atomic<int> status = 0;
    http::server_options options;
    options.body_timeout = 100ms;
    running_server server([&](http::exchange& asked) { return catch_slowness(&asked, &status); }, options);
    byte_peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_FALSE(peer.rest().ends_with("0\r\n\r\n")) << "nobody may take it for the whole";
    EXPECT_EQ(status, 408);
}

TEST(http_slow_peers, that_do_not_read_are_cut_off) {
    http::server_options options;
    options.write_timeout = 200ms;
    const std::string large(32 * 1024 * 1024, 'x');
    running_server server([&](http::exchange& asked) { asked.respond(200, {}, large); }, options);
    byte_peer peer(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().requests(); }) == 1; }));
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; }));
    EXPECT_LT(peer.rest().size(), large.size());
}

/// More descriptors than usual, as many as the hard limit lets.
class many_descriptors {
public:
    explicit many_descriptors(rlim_t wanted) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        auto now = before_;
        now.rlim_cur = std::min(std::max(before_.rlim_cur, wanted), before_.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &now);
        ::getrlimit(RLIMIT_NOFILE, &now);
        usable_ = now.rlim_cur;
    }
    many_descriptors(const many_descriptors&) = delete;
    many_descriptors& operator=(const many_descriptors&) = delete;
    ~many_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    rlim_t usable() const noexcept { return usable_; }

private:
    rlimit before_{};
    rlim_t usable_ = 0;
};

TEST(http_slow_peers, do_not_keep_a_quick_one_from_being_answered) {
    constexpr std::size_t wanted = 1000;
    constexpr std::size_t others = 100;                 // descriptors of the process itself
    const many_descriptors limit(2 * wanted + others);  // a connection has two ends here
    ASSERT_GT(limit.usable(), others + 100);
    const auto number = std::min<std::size_t>(wanted, (limit.usable() - others) / 2);

    http::server_options options;
    options.head_timeout = 60s;
    options.body_timeout = 60s;
    running_server server(answer_read, options);
    std::vector<byte_peer> slow;
    for (std::size_t i = 0; i < number; ++i) {
        slow.emplace_back(server.port());
        slow.back().send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: x\r\nA: "
                                    : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    }
    const auto connections = [&] { return server.on_loop([&] { return server.get().connections(); }); };
    ASSERT_TRUE(eventually([&] { return connections() == number; }));
    ASSERT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == number / 2; }));

    byte_peer quick(server.port());
    for (int round = 0; round < 20; ++round) {
        for (auto& each : slow) each.send("a");
        quick.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
        const auto got = quick.until("\r\n\r\nok");
        ASSERT_EQ(status_in(got), 200) << got;
    }
    byte_peer late(server.port());
    late.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(late.until("\r\n\r\nok")), 200);
    EXPECT_EQ(connections(), number + 2) << "and all slow ones are still there";
    for (auto& each : slow) ASSERT_FALSE(each.readable(0ms)) << "a slow one was refused";
    slow.front().send("\r\n\r\n");
    EXPECT_EQ(status_in(slow.front().until("\r\n\r\nok")), 200) << "who comes to an end is answered";
    slow.clear();
    EXPECT_TRUE(eventually([&] { return connections() == 2; }));
}

}  // namespace
}  // namespace mote::test
