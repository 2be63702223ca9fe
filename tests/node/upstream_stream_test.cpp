// Bodies that go and come piece by piece.

#include <tests/node/upstream_fixture.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace mote::node::detail {
namespace {

using namespace std::chrono_literals;

class upstream_stream : public upstream_test {
protected:
    /// Sends the pieces, ends the body, and reads the answer.
    told stream(upstream_request asked, std::optional<std::uint64_t> length, std::vector<std::string> pieces) {
        told result;
        run(stream_into(*upstream_, asked, length, std::move(pieces), result));
        return result;
    }
    static asio::awaitable<void> stream_into(http_upstream& upstream, upstream_request asked,
                                             std::optional<std::uint64_t> length, std::vector<std::string> pieces,
                                             told& into) {
        try {
            auto exchange = co_await upstream.open(asked, length);
            into.whole = true;
            for (const auto& piece : pieces) into.whole = co_await exchange.write(piece);
            co_await exchange.finish();
            note(co_await exchange.read_head(), into);
            co_await read_rest(exchange, into.body);
            EXPECT_TRUE(exchange.done());
        } catch (const boost::system::system_error& error) {
            into.error = error.code();
            into.why = error.what();
        }
    }
};

TEST_F(upstream_stream, sends_chunks_where_the_length_is_not_known) {
    serve(mirror);
    const upstream_request asked{.method = "POST"};
    EXPECT_EQ(stream(asked, {}, {"abc", "", "0123456789abcdef"}).body,
              "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
              "chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
    EXPECT_TRUE(stream(asked, {}, {}).body.ends_with("chunked\r\n\r\n0\r\n\r\n"));
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(upstream_stream, sends_pieces_as_they_are_where_the_length_is_known) {
    serve(mirror);
    const upstream_request asked{.method = "POST"};
    EXPECT_EQ(stream(asked, 6, {"abc", "", "def"}).body,
              "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabcdef");
    EXPECT_TRUE(stream(asked, 0, {}).body.ends_with("Content-Length: 0\r\n\r\n"));
    EXPECT_EQ(stream({}, 0, {}).body, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(server_->accepted(), 1U);
}

TEST_F(upstream_stream, sends_the_head_alone_for_an_empty_piece) {
    serve(mirror);
    const upstream_request asked{.method = "POST"};
    EXPECT_TRUE(stream(asked, {}, {"", "abc"}).body.ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
}

TEST_F(upstream_stream, refuses_a_body_of_another_length) {
    serve(mirror);
    const upstream_request asked{.method = "POST"};
    EXPECT_EQ(stream(asked, 2, {"abc"}).error, errc::bad_request);
    EXPECT_EQ(stream(asked, 0, {"a"}).error, errc::bad_request);
    EXPECT_EQ(stream(asked, 4, {"abc"}).error, errc::bad_request);
    EXPECT_EQ(upstream_->idle() + upstream_->in_flight(), 0U);
}

asio::awaitable<void> write_behind_the_end(http_upstream& upstream) {
    const upstream_request asked{.method = "POST"};
    auto exchange = co_await upstream.open(asked, std::nullopt);
    co_await exchange.finish();
    co_await exchange.finish();
    co_await exchange.write("x");
}

TEST_F(upstream_stream, refuses_a_piece_behind_the_end) {
    serve(mirror);
    try {
        run(write_behind_the_end(*upstream_));
        FAIL();
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), errc::bad_request);
    }
}

TEST_F(upstream_stream, passes_much_through_both_ways) {
    serve(mirror);
    const upstream_request asked{.method = "POST"};
    const std::vector<std::string> pieces(100, std::string(100'000, 'x'));
    EXPECT_EQ(stream(asked, 10'000'000, pieces).body.size(), 10'000'062U);
    EXPECT_EQ(stream(asked, {}, pieces).body.size(), 10'000'000U + 100 * 9 + 69);
    EXPECT_EQ(server_->accepted(), 1U);
}

/// Sends on what came, as it comes, in chunks.
asio::awaitable<void> echo_as_it_comes(scripted_peer& peer) {
    co_await peer.read_head();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n");
    for (std::size_t sent = 0; sent < 30'000'000;) {
        auto piece = co_await peer.read_some();
        if (piece.empty()) co_return;
        sent += piece.size();
        co_await peer.send(std::move(piece));
    }
}

asio::awaitable<void> write_much(http_exchange& exchange) {
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 300; ++i) {
        if (!co_await exchange.write(piece)) throw std::runtime_error("it does not read on");
    }
    co_await exchange.finish();
}
asio::awaitable<void> read_much(http_exchange& exchange, std::size_t& size) {
    for (;;) {
        const auto piece = co_await exchange.read_some();
        if (piece.empty()) co_return;
        EXPECT_LE(piece.size(), 80'000U);
        size += piece.size();
    }
}
asio::awaitable<void> both_at_once(http_upstream& upstream, std::size_t& size) {
    using namespace asio::experimental::awaitable_operators;
    const upstream_request asked{.method = "POST"};
    auto exchange = co_await upstream.open(asked, 30'000'000);
    co_await exchange.write({});
    co_await (write_much(exchange) && read_much(exchange, size));
}

TEST_F(upstream_stream, can_write_and_read_at_once) {
    serve(echo_as_it_comes);
    std::size_t size = 0;
    run(both_at_once(*upstream_, size));
    EXPECT_EQ(size, 30'000'000U);
    EXPECT_EQ(upstream_->idle(), 1U);
}

asio::awaitable<void> write_all(http_exchange& exchange, std::size_t& written) {
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 300; ++i) {
        const bool reads_on = co_await exchange.write(piece);
        if (!reads_on) co_return;
        written += piece.size();
    }
    co_await exchange.finish();
}
/// Reads the head, and no more until the writer is stuck.
asio::awaitable<void> read_late(http_exchange& exchange, const std::size_t& written, std::size_t& size) {
    co_await exchange.read_head();
    asio::steady_timer pause(co_await asio::this_coro::executor);
    std::size_t before = 0;
    int still = 0;
    while (still < 10) {
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
        still = written == before ? still + 1 : 0;
        before = written;
    }
    co_await read_much(exchange, size);
}
asio::awaitable<void> late_reader(http_upstream& upstream, std::size_t& written, std::size_t& size) {
    using namespace asio::experimental::awaitable_operators;
    const upstream_request asked{.method = "POST"};
    auto exchange = co_await upstream.open(asked, 30'000'000);
    co_await exchange.write({});
    co_await (write_all(exchange, written) && read_late(exchange, written, size));
}

TEST_F(upstream_stream, writes_on_when_the_reader_takes_its_time) {
    serve(echo_as_it_comes);
    std::size_t written = 0;
    std::size_t size = 0;
    run(late_reader(*upstream_, written, size));
    EXPECT_EQ(written, 30'000'000U);
    EXPECT_EQ(size, 30'000'000U);
}

/// Answers without reading the body, and stays.
asio::awaitable<void> answer_early(scripted_peer& peer) {
    co_await peer.read_head();
    co_await peer.send(answer_of("too large", 413));
    co_await peer.wait_without_reading();
}
/// The same, and closes.
asio::awaitable<void> answer_early_and_go(scripted_peer& peer) {
    co_await peer.read_head();
    co_await peer.send(answer_of("too large", 413));
    peer.socket().shutdown(scripted_peer::socket_type::shutdown_send);
    co_await peer.wait_for_close();
}

TEST_F(upstream_stream, takes_an_answer_that_comes_before_the_body_was_read) {
    const upstream_request asked{.method = "POST", .deadline = clock::now() + 15s};
    for (const auto& what : {answer_early, answer_early_and_go}) {
        serve(what);
        const auto got = stream(asked, {}, std::vector<std::string>(300, std::string(100'000, 'x')));
        EXPECT_EQ(got.status, 413) << got.why;
        EXPECT_EQ(got.body, "too large");
        EXPECT_FALSE(got.whole);
        EXPECT_EQ(upstream_->idle(), 0U) << "the rest of the body would be taken for a request";
        EXPECT_EQ(ask(asked, std::string(20'000'000, 'x')).body, "too large");
        server_.reset();
    }
}

asio::awaitable<void> read_while_it_writes(http_upstream& upstream, told& into) {
    using namespace asio::experimental::awaitable_operators;
    const upstream_request asked{.method = "POST"};
    auto exchange = co_await upstream.open(asked, std::nullopt);
    co_await exchange.write({});
    std::size_t size = 0;
    try {
        co_await (write_much(exchange) && read_much(exchange, size));
    } catch (const std::runtime_error& error) {
        into.why = error.what();
    }
    into.content_length = size;
}

TEST_F(upstream_stream, stops_who_writes_when_the_answer_is_read) {
    serve(answer_early);
    told got;
    run(read_while_it_writes(*upstream_, got));
    EXPECT_EQ(got.why, "it does not read on");
    EXPECT_EQ(got.content_length, 9U);
    server_.reset();
}

/// Waits for a request on the connection before each event.
asio::awaitable<void> send_events(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) {
        co_await peer.pause(5ms);
        co_await peer.send("9\r\ndata: " + std::to_string(i) + "\n\n\r\n");
    }
    co_await peer.wait_for_close();
}

asio::awaitable<void> take_events(http_upstream& upstream, std::vector<std::string>& events) {
    const upstream_request asked{};
    auto answer = co_await upstream.send(asked, {});
    EXPECT_FALSE(answer.whole);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.head.header("content-type"), "text/event-stream");
    while (events.size() < 3) events.emplace_back(co_await answer.rest.read_some());
    EXPECT_EQ(answer.head.header("content-type"), "text/event-stream") << "the head stays good";
}

TEST_F(upstream_stream, hands_events_over_as_they_come) {
    serve(send_events);
    std::vector<std::string> events;
    run(take_events(*upstream_, events));
    EXPECT_EQ(events, (std::vector<std::string>{"data: 0\n\n", "data: 1\n\n", "data: 2\n\n"}));
    run_until([&] { return server_->open() == 0; });
}

asio::awaitable<void> move_the_deadline(http_upstream& upstream, std::vector<std::string>& events) {
    const upstream_request asked{.deadline = std::chrono::steady_clock::now() + 10s};
    auto answer = co_await upstream.send(asked, {});
    answer.rest.set_deadline(std::chrono::steady_clock::now() + 60ms);
    for (;;) events.emplace_back(co_await answer.rest.read_some());
}

TEST_F(upstream_stream, can_move_the_deadline) {
    serve(send_events);
    std::vector<std::string> events;
    try {
        run(move_the_deadline(*upstream_, events));
        FAIL();
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), errc::upstream_timeout);
    }
    EXPECT_LE(events.size(), 3U);
}

asio::awaitable<void> leave_unread(http_upstream& upstream) {
    const upstream_request asked{};
    auto answer = co_await upstream.send(asked, {}, 0);
    EXPECT_FALSE(answer.whole);
    http_exchange other;
    EXPECT_TRUE(other.done());
    other = std::move(answer.rest);
    EXPECT_FALSE(other.done());
}

TEST_F(upstream_stream, closes_the_connection_of_an_answer_that_is_not_read_to_its_end) {
    serve(always(answer_of("not read")));
    run(leave_unread(*upstream_));
    EXPECT_EQ(upstream_->idle() + upstream_->in_flight(), 0U);
    run_until([&] { return server_->open() == 0; });
}

/// Closes at the second request of a connection, when it has its head.
asio::awaitable<void> lose_the_second_midway(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send(answer_of(std::to_string(peer.number())));
    co_await peer.read_head();
}

TEST_F(upstream_stream, does_not_send_a_body_again_that_is_gone) {
    serve(lose_the_second_midway);
    const upstream_request asked{.method = "PUT"};
    EXPECT_EQ(stream(asked, 3, {"abc"}).body, "1");
    EXPECT_EQ(stream(asked, 3, {"abc"}).error, errc::upstream_lost);
    EXPECT_EQ(stream(asked, {}, {"abc"}).body, "2");
    EXPECT_EQ(stream(asked, {}, {}).error, errc::upstream_lost);
    EXPECT_EQ(server_->accepted(), 2U);
    EXPECT_EQ(stream(asked, 3, {"abc"}).body, "3");
    EXPECT_EQ(stream({}, 0, {}).body, "4") << "nothing of it is gone";
}

}  // namespace
}  // namespace mote::node::detail
