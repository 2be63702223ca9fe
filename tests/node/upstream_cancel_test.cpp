// Who is cancelled, or whose upstream goes away, while a request is under way.

#include <tests/node/upstream_fixture.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace mote::node::detail {
namespace {

using namespace std::chrono_literals;

class upstream_cancel : public upstream_test {
protected:
    /// Starts a request that can be cancelled.
    void start(upstream_request asked = {}, std::string body = {}) {
        done_ = false;
        asio::co_spawn(
            loop_, ask_into(*upstream_, asked, std::move(body), 65536, got_),
            asio::bind_cancellation_slot(cancel_.slot(), [this](const std::exception_ptr&) { done_ = true; }));
    }
    void start_stream() {
        done_ = false;
        asio::co_spawn(
            loop_, write_without_end(*upstream_, got_),
            asio::bind_cancellation_slot(cancel_.slot(), [this](const std::exception_ptr&) { done_ = true; }));
    }
    static asio::awaitable<void> write_without_end(http_upstream& upstream, told& into) {
        const std::string piece(65536, 'x');
        try {
            const upstream_request asked{.method = "POST"};
            auto exchange = co_await upstream.open(asked, std::nullopt);
            for (;;) {
                const bool sent = co_await exchange.write(piece);
                if (!sent) co_return;
                into.status = 1;
            }
        } catch (const boost::system::system_error& error) {
            into.error = error.code();
        }
    }
    /// The request ends at once, and so does its connection.
    void expect_cancelled() {
        cancel_.emit(asio::cancellation_type::terminal);
        run_until([this] { return done_; });
        EXPECT_EQ(got_.error, asio::error::operation_aborted) << got_.why;
        run_until([this] { return server_->open() == 0; });
        EXPECT_EQ(upstream_->in_flight() + upstream_->idle() + upstream_->waiting(), 0U);
    }

    asio::cancellation_signal cancel_;
    told got_;
    bool done_ = false;
};

asio::awaitable<void> stay(scripted_peer& peer) { co_await peer.wait_for_close(); }
asio::awaitable<void> stay_in_head(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send("HTTP/1.1 200 OK\r\n");
    co_await peer.wait_for_close();
}
asio::awaitable<void> stay_in_body(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    co_await peer.wait_for_close();
}
asio::awaitable<void> stay_in_chunks(scripted_peer& peer) {
    co_await peer.read_request();
    co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    co_await peer.wait_for_close();
}
/// Reads nothing until the other side has gone.
asio::awaitable<void> read_nothing(scripted_peer& peer) { co_await peer.wait_without_reading(); }

TEST_F(upstream_cancel, ends_one_that_connects) {
    serve(stay);
    start();
    cancel_.emit(asio::cancellation_type::terminal);
    run_until([this] { return done_; });
    EXPECT_TRUE(got_.error);
    EXPECT_EQ(upstream_->in_flight(), 0U);
}

TEST_F(upstream_cancel, ends_one_that_waits_for_the_answer) {
    for (const auto& what : {stay, stay_in_head, stay_in_body, stay_in_chunks}) {
        serve(what);
        start();
        run_until([this] { return server_->open() == 1; });
        loop_.run_for(20ms);
        EXPECT_FALSE(done_);
        expect_cancelled();
    }
}

TEST_F(upstream_cancel, ends_one_that_waits_to_write) {
    serve(read_nothing);
    start({.method = "POST"}, std::string(20'000'000, 'x'));
    run_until([this] { return server_->open() == 1; });
    loop_.run_for(20ms);
    EXPECT_FALSE(done_);
    expect_cancelled();
    start_stream();
    run_until([this] { return got_.status == 1; });
    loop_.run_for(20ms);
    EXPECT_FALSE(done_);
    expect_cancelled();
}

TEST_F(upstream_cancel, ends_one_that_waits_in_line) {
    serve(stay, {.max_connections = 1});
    told first;
    bool first_done = false;
    asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 0, first),
                   [&](const std::exception_ptr&) { first_done = true; });
    run_until([this] { return server_->open() == 1; });
    start();
    run_until([this] { return upstream_->waiting() == 1; });
    cancel_.emit(asio::cancellation_type::terminal);
    run_until([this] { return done_; });
    EXPECT_EQ(got_.error, asio::error::operation_aborted);
    EXPECT_EQ(upstream_->waiting(), 0U);
    EXPECT_FALSE(first_done);
    upstream_.reset();
    run_until([&] { return first_done; });
    EXPECT_EQ(first.error, errc::closed);
}

TEST_F(upstream_cancel, does_not_lose_a_place_when_the_line_moves_at_the_same_time) {
    serve(stay, {.max_connections = 1});
    told first;
    bool first_done = false;
    asio::cancellation_signal cancel_first;
    asio::co_spawn(
        loop_, ask_into(*upstream_, {}, {}, 0, first),
        asio::bind_cancellation_slot(cancel_first.slot(), [&](const std::exception_ptr&) { first_done = true; }));
    run_until([this] { return server_->open() == 1; });
    start();
    run_until([this] { return upstream_->waiting() == 1; });
    cancel_first.emit(asio::cancellation_type::terminal);
    run_until([&] { return first_done; });
    cancel_.emit(asio::cancellation_type::terminal);
    run_until([this] { return done_; });
    EXPECT_EQ(upstream_->in_flight() + upstream_->waiting(), 0U);
    start();
    run_until([this] { return upstream_->in_flight() == 1; });
    expect_cancelled();
}

TEST_F(upstream_cancel, tells_all_when_the_upstream_goes_away) {
    for (const auto& what : {stay, stay_in_head, stay_in_body, stay_in_chunks}) {
        serve(what, {.max_connections = 1});
        start();
        told waits;
        bool waits_done = false;
        asio::co_spawn(loop_, ask_into(*upstream_, {}, {}, 0, waits),
                       [&](const std::exception_ptr&) { waits_done = true; });
        run_until([this] { return server_->open() == 1 && upstream_->waiting() == 1; });
        loop_.run_for(10ms);
        upstream_.reset();
        run_until([&] { return done_ && waits_done; });
        EXPECT_EQ(got_.error, errc::closed);
        EXPECT_EQ(waits.error, errc::closed);
        run_until([this] { return server_->open() == 0; });
    }
}

TEST_F(upstream_cancel, lets_what_is_in_flight_end_when_it_is_closed) {
    serve([](scripted_peer& peer) -> asio::awaitable<void> {
        co_await peer.read_request();
        co_await peer.pause(30ms);
        co_await peer.send(answer_of("hi"));
        co_await peer.wait_for_close();
    });
    start();
    run_until([this] { return server_->open() == 1; });
    upstream_->close();
    run_until([this] { return done_; });
    EXPECT_EQ(got_.body, "hi") << got_.why;
    EXPECT_EQ(upstream_->idle(), 0U);
    run_until([this] { return server_->open() == 0; });
}

}  // namespace
}  // namespace mote::node::detail
