// The bounds of the HTTP server: the last that is let through, and the first that is not.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace asio = boost::asio;

void say_size(http::exchange& asked) { asked.respond(200, {}, std::to_string(asked.body().size())); }

asio::awaitable<void> say_size_awaited(http::exchange& asked) {
    const auto body = co_await asked.read_body();
    asked.respond(200, {}, std::to_string(body.size()));
}

class http_bounds : public testing::TestWithParam<bool> {
protected:
    static http::server_handler handler() {
        if (GetParam()) return say_size_awaited;
        return say_size;
    }
    /// The status of what is answered to `request`, after which the connection has to end; or of a request that follows it.
    static int status_and_end(running_server& server, const std::string& request) {
        byte_peer peer(server.port());
        peer.send(request);
        const auto got = peer.rest();
        EXPECT_NE(got.find("Connection: close\r\n"), std::string::npos) << got;
        EXPECT_EQ(got.find("HTTP/1.1 ", 1), std::string::npos) << "more than one response: " << got;
        return status_in(got);
    }
};

INSTANTIATE_TEST_SUITE_P(with, http_bounds, testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "a_coroutine" : "a_function"; });

std::string padded_head(std::size_t size) {
    std::string head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: ";
    head.append(size - head.size() - 4, 'a');
    return head + "\r\n\r\n";
}

TEST_P(http_bounds, of_a_head) {
    http::server_options options;
    options.max_head = 512;
    options.max_target = 256;
    running_server server(handler(), options);
    EXPECT_EQ(status_and_end(server, padded_head(512)), 200);
    EXPECT_EQ(status_and_end(server, padded_head(513)), 431);
    EXPECT_EQ(status_and_end(server, padded_head(100'000)), 431);
    EXPECT_EQ(status_and_end(server, padded_head(600).substr(0, 513)), 431) << "it need not come to its end";
}

TEST_P(http_bounds, of_a_target) {
    http::server_options options;
    options.max_target = 64;
    running_server server(handler(), options);
    const std::string behind = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(status_and_end(server, "GET /" + std::string(63, 'a') + behind), 200);
    EXPECT_EQ(status_and_end(server, "GET /" + std::string(64, 'a') + behind), 414);
    EXPECT_EQ(status_and_end(server, "GET /" + std::string(256, 'a')), 414) << "it need not come to its end";
}

TEST_P(http_bounds, of_the_number_of_headers) {
    http::server_options options;
    options.max_headers = 3;
    running_server server(handler(), options);
    const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    EXPECT_EQ(status_and_end(server, head + "A: 1\r\n\r\n"), 200);
    EXPECT_EQ(status_and_end(server, head + "A: 1\r\nA: 2\r\n\r\n"), 431);
}

TEST_P(http_bounds, of_a_body) {
    http::server_options options;
    options.max_body = 1000;
    running_server server(handler(), options);
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const auto of_length = [&](std::size_t size) {
        return head + "Content-Length: " + std::to_string(size) + "\r\n\r\n";
    };
    const auto chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    const std::string half(500, 'x');
    const auto chunk = "1f4\r\n" + half + "\r\n";
    EXPECT_EQ(status_and_end(server, of_length(1000) + half + half), 200);
    EXPECT_EQ(status_and_end(server, of_length(1001)), 413) << "before any of it has come";
    EXPECT_EQ(status_and_end(server, chunked + chunk + chunk + "0\r\n\r\n"), 200);
    EXPECT_EQ(status_and_end(server, chunked + chunk + chunk + "1\r\nx"), 413) << "it need not come to its end";
    EXPECT_EQ(status_and_end(server, of_length(1001) + half + half + "xGET / HTTP/1.1\r\nHost: x\r\n\r\n"), 413);
}

asio::awaitable<void> say_size_of_a_short_one(http::exchange& asked) {
    const auto body = co_await asked.read_body(10);
    asked.respond(200, {}, std::to_string(body.size()));
}

TEST(http_bound_of, a_body_may_be_less_for_one_request) {
    running_server server(say_size_of_a_short_one);
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const auto answer = [&](const std::string& rest) {
        byte_peer peer(server.port());
        peer.send(head + rest);
        return peer.rest();
    };
    EXPECT_EQ(status_in(answer("Content-Length: 10\r\n\r\n0123456789")), 200);
    const auto refused = answer("Content-Length: 11\r\n\r\n");
    EXPECT_EQ(status_in(refused), 413) << "before any of it has come";
    EXPECT_NE(refused.find("longer than 10 bytes"), std::string::npos) << refused;
    EXPECT_EQ(status_in(answer("Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\nx")), 413);
}

TEST_P(http_bounds, of_a_body_are_said_instead_of_100_continue) {
    http::server_options options;
    options.max_body = 1000;
    running_server server(handler(), options);
    EXPECT_EQ(
        status_and_end(server, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"),
        413);
}

TEST_P(http_bounds, of_connections_leave_room_for_the_next_when_one_has_gone) {
    http::server_options options;
    options.max_connections = 1;
    running_server server(handler(), options);
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    byte_peer first(server.port());
    first.send(request);
    EXPECT_EQ(status_in(first.until("\r\n\r\n0")), 200);
    byte_peer second(server.port());
    second.send(request);
    const auto refused = second.rest();
    EXPECT_EQ(status_in(refused), 503) << refused;
    EXPECT_NE(refused.find("Retry-After: "), std::string::npos) << refused;
    second.close();
    first.send(request);
    EXPECT_EQ(status_in(first.until("\r\n\r\n0")), 200) << "who is there is not disturbed";
    first.close();
    ASSERT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; }));
    byte_peer third(server.port());
    third.send(request);
    EXPECT_EQ(status_in(third.until("\r\n\r\n0")), 200);
}

/// Answers when the test lets it.
asio::awaitable<void> wait_for(http::exchange* asked, std::atomic<int>* inside, std::atomic<bool>* open) {
    ++*inside;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!*open) {
        timer.expires_after(2ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    asked->respond(200, {}, "0");
}

TEST(http_bounds_of, requests_in_flight_keep_the_connection) {
    std::atomic<int> inside = 0;
    std::atomic<bool> open = false;
    http::server_options options;
    options.max_in_flight = 2;
    running_server server([&](http::exchange& asked) { return wait_for(&asked, &inside, &open); }, options);
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    byte_peer first(server.port());
    byte_peer second(server.port());
    byte_peer third(server.port());
    first.send(request);
    second.send(request);
    ASSERT_TRUE(eventually([&] { return inside == 2; }));
    for (int i = 0; i < 3; ++i) {
        third.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
        const auto refused = third.until("in flight\n");
        EXPECT_EQ(status_in(refused), 429) << refused;
        EXPECT_NE(refused.find("Retry-After: "), std::string::npos) << refused;
    }
    open = true;
    EXPECT_EQ(status_in(first.until("\r\n\r\n0")), 200);
    EXPECT_EQ(status_in(second.until("\r\n\r\n0")), 200);
    const auto in_flight = [&] { return server.on_loop([&] { return server.get().in_flight(); }); };
    EXPECT_TRUE(eventually([&] { return in_flight() == 0; }));
    third.send(request);
    EXPECT_EQ(status_in(third.until("\r\n\r\n0")), 200);
    EXPECT_TRUE(eventually([&] { return in_flight() == 0; }));
}

}  // namespace
}  // namespace mote::test
