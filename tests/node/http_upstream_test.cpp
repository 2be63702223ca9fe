// The client of a function's process: what it sends, what it takes for an answer, and which connection it uses.

#include <tests/node/upstream_fixture.hpp>
#include <tests/support/temp_dir.hpp>

#include <algorithm>

namespace mote::node::detail {
namespace {

using http_upstream_test = upstream_test;
using headers = std::vector<http::header_view>;

asio::awaitable<void> say_number(scripted_peer& peer) {
    for (;;) {
        const auto asked = co_await peer.read_request();
        if (asked.empty()) co_return;
        co_await peer.send(answer_of(std::to_string(peer.number())));
    }
}

TEST_F(http_upstream_test, sends_method_target_headers_and_body) {
    serve(mirror);
    const headers with = {{"X-A", "1"}, {"x-a", "2"}};
    const auto got = ask({.method = "POST", .target = "/a?b=c", .headers = with}, "body");
    EXPECT_EQ(got.body, "POST /a?b=c HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_TRUE(got.whole);
}

TEST_F(http_upstream_test, does_not_let_a_process_that_writes_head_and_body_apart_wait_for_an_acknowledgement) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        for (;;) {
            const auto asked = co_await peer.read_request();
            if (asked.empty()) co_return;
            co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
            co_await peer.send("hello");
        }
    });
    // The kernel acknowledges the first answers of a connection at once, and puts it off by 40 ms at least later.
    auto shortest = clock::duration::max();
    for (int i = 0; i < 60; ++i) {
        const auto began = clock::now();
        ASSERT_EQ(ask().body, "hello");
        if (i >= 30) shortest = std::min(shortest, clock::now() - began);
    }
    EXPECT_EQ(server_->accepted(), 1U);
    EXPECT_LT(shortest, std::chrono::milliseconds(35));
}

TEST_F(http_upstream_test, says_a_length_of_zero_only_where_a_body_is_usual) {
    serve(mirror);
    EXPECT_EQ(ask({.method = "GET"}).body, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(ask({.method = "PUT"}).body, "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(http_upstream_test, leaves_out_what_is_about_the_connection) {
    serve(mirror);
    const headers with = {{"Connection", "close, X-Hop"},
                          {"X-Hop", "1"},
                          {"Keep-Alive", "1"},
                          {"Content-Length", "99"},
                          {"Transfer-Encoding", "gzip"},
                          {"Expect", "100-continue"},
                          {"TE", "trailers"},
                          {"Upgrade", "h2c"},
                          {"Trailer", "X"},
                          {"Proxy-Connection", "x"},
                          {"Proxy-Authorization", "x"},
                          {"Host", "gw:8080"},
                          {"host", "again"}};
    EXPECT_EQ(ask({.headers = with}).body, "GET / HTTP/1.1\r\nHost: gw:8080\r\n\r\n");
    EXPECT_EQ(ask().body, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(server_->accepted(), 1U) << "it obeyed a header of the caller";
}

TEST_F(http_upstream_test, sends_nothing_that_could_be_taken_for_something_else) {
    serve(mirror);
    const headers forged = {{"X", "a\r\nY: b"}};
    const headers odd_name = {{"X Y", "a"}};
    const headers no_name = {{"", "a"}};
    const headers nul = {{"X", std::string_view("\0", 1)}};
    for (const auto& with : {forged, odd_name, no_name, nul}) EXPECT_EQ(error_of({.headers = with}), errc::bad_request);
    for (const auto* method : {"", "GE T", "GET\r\n"}) EXPECT_EQ(error_of({.method = method}), errc::bad_request);
    for (const auto* target : {"", "a", "/a b", "/a\r\n", "/a#b", "/\xff", "http://x/"})
        EXPECT_EQ(error_of({.target = target}), errc::bad_request) << target;
    EXPECT_EQ(ask({.method = "OPTIONS", .target = "*"}).status, 200);
}

TEST_F(http_upstream_test, puts_the_base_path_before_each_target) {
    server_ = std::make_unique<scripted_server>(loop_, mirror);
    upstream_ = std::make_unique<http_upstream>(loop_.get_executor(), upstream_address{server_->port(), {}, "/api"});
    EXPECT_TRUE(ask({.target = "/x?y"}).body.starts_with("GET /api/x?y HTTP/1.1\r\n"));
}

TEST_F(http_upstream_test, asks_by_a_unix_socket) {
    const test::temp_dir dir;
    serve(mirror, {}, (dir.path() / "f.sock").string());
    EXPECT_TRUE(ask({.target = "/x"}).body.starts_with("GET /x HTTP/1.1\r\n"));
    EXPECT_EQ(ask({.method = "POST"}, std::string(1'000'000, 'x'), 2'000'000).body.size(), 1'000'061U);
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(http_upstream_test, gives_status_reason_and_headers_but_those_of_the_connection) {
    serve(always(
        "HTTP/1.1 404 Not  Here\r\nX-A: 1\r\nConnection: keep-alive, X-Hop\r\nx-hop: 1\r\nKeep-Alive: 5\r\nx-a:  2 \r\n"
        "Empty:\r\nContent-Length: 2\r\n\r\nhi"));
    const auto got = ask();
    EXPECT_EQ(got.status, 404);
    EXPECT_EQ(got.reason, "Not  Here");
    const std::vector<std::pair<std::string, std::string>> expected = {{"X-A", "1"}, {"x-a", "2"}, {"Empty", ""}};
    EXPECT_EQ(got.headers, expected);
    EXPECT_EQ(got.content_length, 2U);
    EXPECT_EQ(got.body, "hi");
}

TEST_F(http_upstream_test, finds_a_header_in_any_case) {
    const headers with = {{"X-A", "1"}, {"x-a", "2"}};
    const upstream_head head{200, {}, with, {}};
    EXPECT_EQ(head.header("x-A"), "1");
    EXPECT_FALSE(head.header("X-B"));
}

TEST_F(http_upstream_test, keeps_the_connection_and_each_answer_apart) {
    serve(mirror);
    for (const std::size_t size : {0U, 1U, 5000U, 65536U, 300'000U, 3U}) {
        const std::string body(size, 'x');
        const auto got = ask({.method = "POST"}, body, 1 << 20);
        EXPECT_TRUE(got.body.ends_with("\r\n\r\n" + body)) << size;
        EXPECT_TRUE(got.whole);
    }
    EXPECT_EQ(server_->accepted(), 1U);
    EXPECT_EQ(upstream_->connections_made(), 1U);
    EXPECT_EQ(upstream_->idle(), 1U);
    EXPECT_EQ(upstream_->in_flight(), 0U);
}

TEST_F(http_upstream_test, hands_a_large_answer_back_open) {
    const std::string body(200'000, 'x');
    serve(always(answer_of(body)));
    auto got = ask({}, {}, 199'999);
    EXPECT_FALSE(got.whole);
    EXPECT_EQ(got.body, body);
    got = ask({}, {}, 200'000);
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.body, body);
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(http_upstream_test, gives_a_chunked_answer_whole_where_it_came_at_once) {
    serve(
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: X-T\r\n\r\n"
               "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-T: forgotten\r\n\r\n"));
    for (int i = 0; i < 3; ++i) {
        const auto got = ask();
        EXPECT_EQ(got.body, "abcde");
        EXPECT_TRUE(got.whole);
        EXPECT_TRUE(got.headers.empty());
        EXPECT_FALSE(got.content_length);
    }
    EXPECT_FALSE(ask({}, {}, 4).whole);
    EXPECT_EQ(ask({}, {}, 2).body, "abcde");
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(http_upstream_test, gives_a_large_chunked_answer_whole_where_all_of_it_is_here) {
    const std::string body(40'000, 'x');
    serve(always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n" + body + "\r\n0\r\n\r\n"));
    for (int i = 0; i < 3; ++i) {
        const auto got = ask();
        EXPECT_EQ(got.body, body);
        EXPECT_TRUE(got.whole);
    }
    EXPECT_FALSE(ask({}, {}, 39'999).whole);
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(http_upstream_test, knows_answers_without_a_body) {
    serve(always("HTTP/1.1 204 No Content\r\n\r\n"));
    EXPECT_EQ(ask().status, 204);
    EXPECT_TRUE(ask().whole);
    EXPECT_EQ(server_->accepted(), 1U);
    serve(always("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"));
    EXPECT_EQ(ask().content_length, 5U);
    EXPECT_TRUE(ask().whole);
    EXPECT_EQ(server_->accepted(), 1U);
    serve(always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    const auto got = ask({.method = "HEAD"});
    EXPECT_EQ(got.content_length, 5U);
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(ask({.method = "HEAD"}).body, "");
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(http_upstream_test, skips_interim_answers) {
    serve(always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer_of("hi")));
    const auto got = ask({.method = "POST"}, "x");
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.headers.empty());
    EXPECT_EQ(got.body, "hi");
}

TEST_F(http_upstream_test, follows_and_decompresses_nothing) {
    serve(always(answer_of("\x1f\x8b raw", 302, "Location: /elsewhere\r\nContent-Encoding: gzip\r\n")));
    const auto got = ask();
    EXPECT_EQ(got.status, 302);
    EXPECT_EQ(got.body, "\x1f\x8b raw");
    EXPECT_EQ(got.headers.size(), 2U);
}

TEST_F(http_upstream_test, does_not_use_a_connection_again_that_the_process_will_close) {
    serve(always(answer_of("hi", 200, "Connection: Close\r\n")));
    ask();
    EXPECT_EQ(upstream_->idle(), 0U);
    EXPECT_EQ(ask().body, "hi");
    EXPECT_EQ(server_->accepted(), 2U);
    serve(always("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
    ask();
    EXPECT_EQ(ask().body, "hi");
    EXPECT_EQ(server_->accepted(), 2U);
    serve(always("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"));
    ask();
    EXPECT_EQ(ask().body, "hi");
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(http_upstream_test, takes_the_end_of_the_connection_for_the_end_of_a_body_without_length) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        co_await peer.read_request();
        co_await peer.send("HTTP/1.1 200 OK\r\n\r\nall that ");
        co_await peer.send("comes");
    });
    EXPECT_EQ(ask().body, "all that comes");
    EXPECT_EQ(ask().body, "all that comes");
    EXPECT_EQ(upstream_->idle(), 0U);
}

TEST_F(http_upstream_test, has_a_connection_for_each_of_many_at_once) {
    serve(say_number);
    std::vector<told> got(100);
    std::size_t done = 0;
    for (auto& one : got)
        asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 100, one), [&](const std::exception_ptr&) { ++done; });
    run_until([&] { return done == got.size(); });
    std::vector<bool> seen(101);
    for (const auto& one : got) seen.at(std::stoul(one.body)) = true;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 100);
    EXPECT_EQ(upstream_->idle(), 100U);
}

TEST_F(http_upstream_test, lets_more_than_its_connections_wait_in_line) {
    serve(say_number, {.max_connections = 3});
    std::vector<told> got(50);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < got.size(); ++i)
        asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 100, got[i]),
                       [&, i](const std::exception_ptr&) { order.push_back(i); });
    run_until([&] { return upstream_->waiting() == 47; });
    run_until([&] { return order.size() == got.size(); });
    for (const auto& one : got) EXPECT_EQ(one.status, 200) << one.why;
    EXPECT_EQ(server_->accepted(), 3U);
    EXPECT_LT(order.front(), 3U);
    EXPECT_GE(order.back(), 47U);
}

TEST_F(http_upstream_test, lets_the_next_in_line_open_one_where_one_was_lost) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> { co_await peer.read_request(); }, {.max_connections = 1});
    std::vector<told> got(5);
    std::size_t done = 0;
    for (auto& one : got)
        asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 100, one), [&](const std::exception_ptr&) { ++done; });
    run_until([&] { return done == got.size(); });
    for (const auto& one : got) EXPECT_EQ(one.error, errc::upstream_lost);
    EXPECT_EQ(server_->accepted(), 5U);
    EXPECT_EQ(upstream_->in_flight(), 0U);
}

TEST_F(http_upstream_test, bounds_the_line) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> { co_await peer.wait_for_close(); },
          {.max_connections = 1, .max_waiting = 1});
    std::vector<told> got(3);
    std::size_t done = 0;
    for (auto& one : got)
        asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 100, one), [&](const std::exception_ptr&) { ++done; });
    run_until([&] { return done == 1; });
    EXPECT_EQ(got[2].error, errc::upstream_busy);
    upstream_.reset();
    run_until([&] { return done == 3; });
}

TEST_F(http_upstream_test, keeps_not_more_idle_ones_than_it_may) {
    serve(say_number, {.max_idle = 2});
    std::vector<told> got(10);
    std::size_t done = 0;
    for (auto& one : got)
        asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 100, one), [&](const std::exception_ptr&) { ++done; });
    run_until([&] { return done == got.size(); });
    EXPECT_EQ(upstream_->idle(), 2U);
    run_until([&] { return server_->open() == 2; });
}

TEST_F(http_upstream_test, closes_what_is_idle_for_long) {
    serve(say_number, {.idle_time = std::chrono::milliseconds(40)});
    ask();
    EXPECT_EQ(upstream_->idle(), 1U);
    run_until([&] { return upstream_->idle() == 0; });
    run_until([&] { return server_->open() == 0; });
    EXPECT_EQ(ask().body, "2");
}

TEST_F(http_upstream_test, can_connect_before_it_is_asked) {
    serve(say_number);
    run(upstream_->connect(clock::time_point::max()));
    EXPECT_EQ(upstream_->idle(), 1U);
    EXPECT_EQ(ask().body, "1");
    EXPECT_EQ(upstream_->connections_made(), 1U);
}

TEST_F(http_upstream_test, takes_nothing_more_when_it_is_closed) {
    serve(say_number);
    ask();
    upstream_->close();
    EXPECT_EQ(upstream_->idle(), 0U);
    EXPECT_EQ(error_of(), errc::closed);
    EXPECT_THROW(run(upstream_->connect(clock::time_point::max())), boost::system::system_error);
    run_until([&] { return server_->open() == 0; });
}

}  // namespace
}  // namespace mote::node::detail
