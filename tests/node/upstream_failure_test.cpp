// A function's process that answers badly, late or not at all.

#include <tests/node/upstream_fixture.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <fstream>
#include <functional>

namespace mote::node::detail {
namespace {

using namespace std::chrono_literals;
using upstream_failure = upstream_test;

asio::awaitable<void> say_in_pieces(scripted_peer& peer, std::string bytes, std::size_t size) {
    co_await peer.read_request();
    for (std::size_t at = 0; at < bytes.size(); at += std::min(size, bytes.size())) {
        co_await peer.send(bytes.substr(at, size));
        if (size < bytes.size()) co_await peer.pause(1ms);
    }
    co_await peer.wait_for_close();
}
/// Sends the bytes, in pieces of a size, and closes when the other side has.
scripted_server::script say_and_stay(std::string bytes, std::size_t size = std::string::npos) {
    return [=](scripted_peer& peer) { return say_in_pieces(peer, bytes, size); };
}

asio::awaitable<void> say(scripted_peer& peer, std::string bytes) {
    co_await peer.read_request();
    co_await peer.send(std::move(bytes));
}
/// Sends the bytes and closes.
scripted_server::script say_and_go(std::string bytes) {
    return [=](scripted_peer& peer) { return say(peer, bytes); };
}

TEST_F(upstream_failure, reads_an_answer_that_is_split_anywhere) {
    const std::string with_length =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello";
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nT: u\r\n\r\n";
    for (const auto& bytes : {with_length, chunked}) {
        for (const std::size_t size : {1U, 2U, 3U, 7U, 20U, 40U}) {
            serve(say_and_stay(bytes, size));
            const auto got = ask();
            EXPECT_EQ(got.status, 200) << size << got.why;
            EXPECT_EQ(got.body, "hello") << size;
            EXPECT_EQ(upstream_->idle(), 1U);
        }
    }
}

TEST_F(upstream_failure, tells_a_process_that_does_not_listen) {
    upstream_ = std::make_unique<http_upstream>(loop_.get_executor(), upstream_address{test::free_port(), {}, {}});
    EXPECT_EQ(error_of(), errc::upstream_refused);
    EXPECT_EQ(upstream_->in_flight(), 0U);
    EXPECT_EQ(upstream_->connections_made(), 0U);
    const test::temp_dir dir;
    upstream_ =
        std::make_unique<http_upstream>(loop_.get_executor(), upstream_address{0, (dir.path() / "none").string(), {}});
    EXPECT_EQ(error_of(), errc::upstream_refused);
    EXPECT_THROW(run(upstream_->connect(clock::time_point::max())), boost::system::system_error);
    EXPECT_EQ(upstream_->in_flight(), 0U);
}

TEST_F(upstream_failure, tells_an_answer_that_is_cut) {
    for (const auto* bytes :
         {"", "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
        serve(say_and_go(bytes));
        EXPECT_EQ(error_of({.method = "POST"}, "x"), errc::upstream_lost) << bytes;
        EXPECT_EQ(server_->accepted(), 1U) << bytes;
        EXPECT_EQ(upstream_->idle(), 0U);
    }
}

TEST_F(upstream_failure, tells_what_is_not_http) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const auto& bytes :
         std::vector<std::string>{"garbage\r\n\r\n",
                                  "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
                                  std::string(10, '\0'),
                                  "SSH-2.0-x\r\n",
                                  "HTTP/2.0 200 OK\r\n\r\n",
                                  "HTTP/1.1 2000 OK\r\n\r\n",
                                  "HTTP/1.1 20 OK\r\n\r\n",
                                  "HTTP/1.1 099 OK\r\n\r\n",
                                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                                  ok + "X y\r\n\r\n",
                                  ok + "X : y\r\n\r\n",
                                  ok + ": y\r\n\r\n",
                                  ok + "X: a\x01\r\n\r\n",
                                  ok + "X: y\nZ: a\r\n\r\n",
                                  ok + "Content-Length: -1\r\n\r\n",
                                  ok + "Content-Length: x\r\n\r\n",
                                  ok + "Content-Length: 1, 2\r\n\r\n",
                                  ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                  ok + "Content-Length: 99999999999999999999999\r\n\r\n",
                                  ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                                  ok + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
                                  ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                                  ok + "Transfer-Encoding: identity\r\n\r\n",
                                  ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
                                  ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
                                  ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
                                  ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                                  ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n"}) {
        serve(say_and_stay(bytes));
        const auto got = ask();
        EXPECT_EQ(got.error, errc::bad_answer) << bytes << " " << got.status << got.why;
        EXPECT_EQ(upstream_->in_flight() + upstream_->idle(), 0U);
    }
}

TEST_F(upstream_failure, bounds_the_head) {
    std::string lines;
    while (lines.size() < 100'000) lines += "X-" + std::to_string(lines.size()) + ": y\r\n";
    for (const auto& more : {lines, "X: " + std::string(100'000, 'x'), std::string(100'000, 'x')}) {
        serve(say_and_stay("HTTP/1.1 200 OK\r\n" + more));
        const auto got = ask();
        EXPECT_EQ(got.error, errc::bad_answer);
        EXPECT_NE(got.why, "");
    }
    serve(say_and_stay("HTTP/1.1 200 " + std::string(100'000, 'x')));
    EXPECT_EQ(error_of(), errc::bad_answer);
    serve(say_and_stay("HTTP/1.1 200 OK\r\nX: " + std::string(60'000, 'x') + "\r\nContent-Length: 2\r\n\r\nhi"));
    EXPECT_EQ(ask().body, "hi");
}

TEST_F(upstream_failure, bounds_interim_answers_and_lines_of_chunks) {
    std::string interim;
    for (int i = 0; i < 1000; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
    serve(say_and_stay(interim));
    EXPECT_EQ(error_of(), errc::bad_answer);
    for (const auto& line : {"1;" + std::string(100'000, 'x'), "0\r\nX: " + std::string(100'000, 'x')}) {
        serve(say_and_stay("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + line));
        EXPECT_EQ(error_of(), errc::bad_answer);
    }
}

TEST_F(upstream_failure, does_not_take_junk_behind_an_answer_for_the_next_one) {
    serve(always(answer_of("hi") + answer_of("forged")));
    EXPECT_EQ(ask().body, "hi");
    EXPECT_EQ(upstream_->idle(), 0U);
    EXPECT_EQ(ask().body, "hi");
    EXPECT_EQ(server_->accepted(), 2U);
}

/// Counts what it has sent that nobody asked for.
asio::awaitable<void> answer_and_forge(int* forged, scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send(answer_of("hi"));
    co_await peer.pause(20ms);
    co_await peer.send(answer_of("forged"));
    ++*forged;
    co_await peer.wait_for_close();
}

TEST_F(upstream_failure, does_not_take_junk_that_comes_later_for_an_answer) {
    int forged = 0;
    serve(std::bind_front(answer_and_forge, &forged));
    EXPECT_EQ(ask().body, "hi");
    run_until([&] { return forged == 1; });  // and there with it
    EXPECT_EQ(ask().body, "hi");
    EXPECT_EQ(server_->accepted(), 2U);
}

/// Closes the connection when it has answered once, and says nothing about that.
asio::awaitable<void> answer_once(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send(answer_of(std::to_string(peer.number())));
}

TEST_F(upstream_failure, finds_out_before_use_that_a_kept_connection_was_closed) {
    serve(answer_once);
    for (int i = 1; i < 5; ++i) {
        EXPECT_EQ(ask({.method = "POST"}, "x").body, std::to_string(i));
        run_until([&] { return server_->open() == 0; });
    }
}

/// Closes at the second request of a connection, without an answer.
asio::awaitable<void> lose_the_second(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send(answer_of(std::to_string(peer.number())));
    co_await peer.read_request();
}
/// Resets at the second request of a connection, before it has read it.
asio::awaitable<void> reset_the_second(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send(answer_of(std::to_string(peer.number())));
    co_await peer.socket().async_wait(scripted_peer::socket_type::wait_read, asio::deferred);
    peer.reset();
}

TEST_F(upstream_failure, sends_again_what_may_be_done_twice) {
    serve(lose_the_second);
    for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
        const auto before = server_->accepted();
        EXPECT_EQ(ask({.method = "GET"}).status, 200);
        EXPECT_EQ(ask({.method = method}, "x").status, 200) << method;
        EXPECT_GT(server_->accepted(), before) << method;
    }
}

TEST_F(upstream_failure, does_not_send_again_what_the_process_may_have_done) {
    serve(lose_the_second);
    EXPECT_EQ(ask({.method = "POST"}, "x").body, "1");
    EXPECT_EQ(error_of({.method = "POST"}, "x"), errc::upstream_lost);
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(upstream_failure, sends_again_what_the_process_has_not_read) {
    serve(reset_the_second);
    EXPECT_EQ(ask({.method = "POST"}, "x").body, "1");
    EXPECT_EQ(ask({.method = "POST"}, "x").body, "2");
    EXPECT_EQ(error_of({.method = "POST"}, std::string(5000, 'x')), errc::upstream_lost) << "it may have read a part";
}

TEST_F(upstream_failure, sends_again_only_once) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        if (peer.number() == 1) {
            co_await peer.read_request();
            co_await peer.send(answer_of("1"));
        }
        co_await peer.read_request();
    });
    ask();
    EXPECT_EQ(error_of(), errc::upstream_lost);
    EXPECT_EQ(server_->accepted(), 2U);
}

TEST_F(upstream_failure, does_not_send_again_what_is_half_answered) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        co_await peer.read_request();
        co_await peer.send(answer_of("1"));
        co_await peer.read_request();
        co_await peer.send("H");
    });
    ask();
    EXPECT_EQ(error_of(), errc::upstream_lost);
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(upstream_failure, does_not_try_a_fresh_connection_again) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        co_await peer.read_request();
        peer.reset();
    });
    EXPECT_EQ(error_of(), errc::upstream_lost);
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(upstream_failure, gives_up_at_the_deadline_wherever_it_is) {
    for (const auto* bytes :
         {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", "HTTP/1.1 200 OK\r\n\r\nhe"}) {
        serve(say_and_stay(bytes));
        EXPECT_EQ(error_of({.deadline = clock::now() + 30ms}), errc::upstream_timeout) << bytes;
        EXPECT_EQ(upstream_->in_flight() + upstream_->idle(), 0U);
        run_until([&] { return server_->open() == 0; });
    }
}

TEST_F(upstream_failure, gives_up_at_the_deadline_while_it_writes) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> { co_await peer.wait_without_reading(); });
    EXPECT_EQ(error_of({.method = "POST", .deadline = clock::now() + 30ms}, std::string(20'000'000, 'x')),
              errc::upstream_timeout);
    server_.reset();
    serve(always(answer_of("hi")));
    EXPECT_EQ(error_of({.deadline = clock::now() - 1s}), errc::upstream_timeout);
}

TEST_F(upstream_failure, gives_up_at_the_deadline_in_line) {
    serve(say_and_stay(""), {.max_connections = 1});
    told first;
    told second;
    std::size_t done = 0;
    const auto count = [&](const std::exception_ptr&) { ++done; };
    asio::co_spawn(loop_, ask_into(*upstream_, {.deadline = clock::now() + 200ms}, {}, 0, first), count);
    asio::co_spawn(loop_, ask_into(*upstream_, {.deadline = clock::now() + 30ms}, {}, 0, second), count);
    run_until([&] { return done == 1; });
    EXPECT_EQ(second.error, errc::upstream_timeout);
    EXPECT_FALSE(first.error);
    run_until([&] { return done == 2; });
    EXPECT_EQ(first.error, errc::upstream_timeout);
}

TEST_F(upstream_failure, keeps_each_of_many_deadlines) {
    serve(say_and_stay(""));
    std::vector<told> got(20);
    std::vector<clock::time_point> ended(20);
    std::size_t all = 0;
    const auto start = clock::now();
    const auto deadline = [start](std::size_t i) { return start + 30ms + 20ms * static_cast<int>(i); };
    for (std::size_t i = 20; i-- > 0;)
        asio::co_spawn(loop_, ask_into(*upstream_, {.deadline = deadline(i)}, {}, 0, got[i]),
                       [&, i](const std::exception_ptr&) {
                           ended[i] = clock::now();
                           ++all;
                       });
    run_until([&] { return all == got.size(); });
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].error, errc::upstream_timeout);
        EXPECT_GE(ended[i], deadline(i)) << i;
        EXPECT_LT(ended[i], deadline(i) + 10s) << i;
    }
}

TEST_F(upstream_failure, goes_on_after_a_time_out) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        co_await peer.read_request();
        if (peer.number() == 1) co_return co_await peer.wait_for_close();
        co_await peer.send(answer_of("hi"));
        co_await peer.wait_for_close();
    });
    EXPECT_EQ(error_of({.deadline = clock::now() + 30ms}), errc::upstream_timeout);
    EXPECT_EQ(ask({.deadline = clock::now() + 20s}).body, "hi");
}

TEST_F(upstream_failure, does_not_follow_a_link_to_a_socket) {
    const test::temp_dir dir;
    const auto real = (dir.path() / "real.sock").string();
    upstream_address where;
    where.unix_path = (dir.path() / "link.sock").string();
    serve(say_and_stay(answer_of("hi")), {}, real);
    EXPECT_EQ(ask().body, "hi");
    upstream_ = std::make_unique<http_upstream>(loop_.get_executor(), where);
    EXPECT_EQ(error_of(), errc::upstream_refused) << "there is nothing";
    std::filesystem::create_symlink(real, where.unix_path);
    EXPECT_EQ(error_of(), errc::upstream_refused);
    EXPECT_EQ(server_->accepted(), 1U);
    std::filesystem::remove(where.unix_path);
    std::ofstream(where.unix_path) << "no socket";
    EXPECT_EQ(error_of(), errc::upstream_refused);
}

}  // namespace
}  // namespace mote::node::detail
