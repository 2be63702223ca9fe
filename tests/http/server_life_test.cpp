// The HTTP server over time: slow peers, peers that go, bounds, pieces, the end.

#include <tests/http/running_server.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace asio = boost::asio;

bool eventually(const std::function<bool()>& reached) {
    const auto limit = std::chrono::steady_clock::now() + 1min;
    while (!reached()) {
        if (std::chrono::steady_clock::now() >= limit) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

/// Waits until the test lets it go, or it is cancelled.
struct waiting_room {
    std::atomic<int> inside = 0;
    std::atomic<int> cancelled = 0;
    std::atomic<bool> open = false;

    static asio::awaitable<void> wait(waiting_room* room, http::exchange* asked) {
        ++room->inside;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        try {
            while (!room->open) {
                timer.expires_after(2ms);
                co_await timer.async_wait(asio::use_awaitable);
            }
        } catch (const boost::system::system_error&) {
            ++room->cancelled;
            throw;
        }
        asked->respond(200, {}, "waited");
    }
    http::server_handler handler() {
        return [this](http::exchange& asked) { return wait(this, &asked); };
    }
};

TEST(http_server_life, ends_who_sends_a_head_or_a_body_too_slowly_and_who_sends_nothing) {
    http::server_options options;
    options.head_timeout = 100ms;
    options.body_timeout = 100ms;
    options.idle_timeout = 100ms;
    running_server server(answer_ok, options);
    raw_peer slow_head(server.port());
    slow_head.send("GET / HT");
    EXPECT_EQ(status_in(slow_head.rest()), 408);
    raw_peer slow_body(server.port());
    slow_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(status_in(slow_body.rest()), 408);
    raw_peer idle(server.port());
    idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(idle.response()), 200);
    EXPECT_EQ(idle.rest(), "");
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; }));
}

TEST(http_server_life, turns_away_what_is_too_much) {
    waiting_room room;
    http::server_options options;
    options.max_connections = 2;
    options.max_in_flight = 1;
    running_server server(room.handler(), options);
    raw_peer first(server.port());
    raw_peer second(server.port());
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return room.inside == 1; }));
    second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto busy = second.response();
    EXPECT_EQ(status_in(busy), 429);
    EXPECT_NE(busy.find("Retry-After: "), std::string::npos) << busy;
    raw_peer third(server.port());
    third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto full = third.rest();
    EXPECT_EQ(status_in(full), 503) << full;
    EXPECT_NE(full.find("Retry-After: "), std::string::npos) << full;
    room.open = true;
    EXPECT_EQ(body_in(first.response()), "waited");
}

TEST(http_server_life, cancels_the_handler_of_a_peer_that_goes) {
    waiting_room room;
    running_server server(room.handler());
    raw_peer peer(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return room.inside == 1; }));
    peer.close();
    EXPECT_TRUE(eventually([&] { return room.cancelled == 1; }));
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == 0; }));
}

asio::awaitable<void> send_pieces(http::exchange& asked, std::atomic<std::size_t>* sent) {
    asked.start(200, {{"Content-Type", "text/plain"}});
    const std::string piece(16'384, 'p');
    for (int i = 0; i < 4096; ++i) {
        co_await asked.write(piece);
        *sent += piece.size();
    }
}

TEST(http_server_life, waits_for_a_reader_that_does_not_read) {
    std::atomic<std::size_t> sent = 0;
    running_server server([&sent](http::exchange& asked) { return send_pieces(asked, &sent); });
    raw_peer peer(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::size_t before = 1;
    ASSERT_TRUE(eventually([&] {
        const auto now = sent.load();
        std::this_thread::sleep_for(50ms);
        return now != 0 && std::exchange(before, now) == now;
    }));
    EXPECT_LT(sent.load(), 16U * 1024 * 1024) << "only what the sockets hold";
    const auto all = peer.rest();
    EXPECT_EQ(sent.load(), 4096U * 16'384);
    EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n"));
    EXPECT_GT(all.size(), 4096U * 16'384);
}

asio::awaitable<void> count_body(http::exchange& asked) {
    std::size_t size = 0;
    for (;;) {
        const auto piece = co_await asked.read_some();
        if (piece.empty()) break;
        size += piece.size();
    }
    asked.respond(200, {}, std::to_string(size));
}

TEST(http_server_life, reads_a_body_larger_than_it_keeps_in_pieces) {
    running_server server(count_body);
    raw_peer peer(server.port());
    const std::string piece(1024 * 1024, 'x');
    for (int round = 0; round < 2; ++round) {
        peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(16 * piece.size()) + "\r\n\r\n");
        for (int i = 0; i < 16; ++i) peer.send(piece);
        EXPECT_EQ(body_in(peer.response()), std::to_string(16 * piece.size()));
    }
}

asio::awaitable<void> break_off(http::exchange& asked) {
    asked.start(200);
    co_await asked.write("half");
    throw std::runtime_error("broken");
}

TEST(http_server_life, cuts_a_response_that_cannot_be_ended) {
    running_server server(break_off);
    raw_peer peer(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto got = peer.rest();
    EXPECT_EQ(status_in(got), 200);
    EXPECT_NE(got.find("half"), std::string::npos);
    EXPECT_FALSE(got.ends_with("0\r\n\r\n")) << "nobody may take it for the whole";
}

TEST(http_server_life, finishes_what_is_in_flight_when_it_stops) {
    waiting_room room;
    running_server server(room.handler());
    raw_peer idle(server.port());
    raw_peer busy(server.port());
    busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return room.inside == 1; }));
    auto stopped = server.stop(20s);
    EXPECT_EQ(idle.rest(), "");
    room.open = true;
    EXPECT_EQ(body_in(busy.response()), "waited");
    stopped.get();
    EXPECT_THROW(raw_peer late(server.port()), boost::system::system_error);
}

TEST(http_server_life, cancels_what_is_in_flight_when_its_patience_ends) {
    waiting_room room;
    running_server server(room.handler());
    raw_peer busy(server.port());
    busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return room.inside == 1; }));
    server.stop(50ms).get();
    EXPECT_EQ(room.cancelled, 1);
    EXPECT_EQ(busy.rest(), "");
}

TEST(http_server_life, may_be_destroyed_with_everything_open) {
    waiting_room room;
    std::vector<std::unique_ptr<raw_peer>> peers;
    {
        running_server server(room.handler());
        for (int i = 0; i < 20; ++i) {
            peers.push_back(std::make_unique<raw_peer>(server.port()));
            peers.back()->send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : "GET / HT");
        }
        ASSERT_TRUE(eventually([&] { return room.inside == 10; }));
    }
    EXPECT_EQ(room.cancelled, 10);
}

/// Requests that their handler has left open. All but the counts is for the server's thread.
struct open_requests {
    struct guest final : http::open_handler {
        guest(open_requests& of, http::exchange& with) : all(of), asked(with) { ++all.living; }
        guest(const guest&) = delete;
        guest& operator=(const guest&) = delete;
        ~guest() { --all.living; }
        void on_gone() noexcept override {
            ++all.gone;
            end.end();
        }

        open_requests& all;
        http::exchange& asked;
        http::open_request end;
    };
    http::server_handler handler() {
        return {[this](http::exchange& asked) {
                    const auto made = std::make_shared<guest>(*this, asked);
                    made->end = asked.leave_open(made);
                    waiting.push_back(made);
                    ++opened;
                    return true;
                },
                [](http::exchange&) -> asio::awaitable<void> { co_return; }};
    }
    std::shared_ptr<guest> take() {
        for (const auto& each : waiting)
            if (const auto found = each.lock()) return found;
        return nullptr;
    }

    std::vector<std::weak_ptr<guest>> waiting;
    std::atomic<int> opened = 0;
    std::atomic<int> gone = 0;
    std::atomic<int> living = 0;
};

constexpr std::string_view any_request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(http_server_life, answers_what_was_left_open_in_order) {
    open_requests open;
    running_server server(open.handler());
    raw_peer peer(server.port());
    peer.send(std::string(any_request) + std::string(any_request));
    for (int i = 1; i <= 2; ++i) {
        ASSERT_TRUE(eventually([&] { return open.opened == i; }));
        server.on_loop([&] {
            EXPECT_EQ(server.get().in_flight(), 1u);
            const auto one = open.take();
            one->asked.respond(200, {}, "answer " + std::to_string(i));
            one->end.end();
            return 0;
        });
        EXPECT_EQ(body_in(peer.response()), "answer " + std::to_string(i));
    }
    EXPECT_TRUE(eventually([&] { return open.living == 0; }));
    EXPECT_EQ(open.gone, 0);
    EXPECT_EQ(server.on_loop([&] { return server.get().in_flight(); }), 0u);
}

TEST(http_server_life, answers_500_for_what_was_left_open_and_failed) {
    open_requests open;
    running_server server(open.handler());
    raw_peer peer(server.port());
    peer.send(any_request);
    ASSERT_TRUE(eventually([&] { return open.opened == 1; }));
    server.on_loop([&] {
        open.take()->end.end(std::make_exception_ptr(std::runtime_error("a secret")));
        return 0;
    });
    const auto got = peer.response();
    EXPECT_EQ(status_in(got), 500);
    EXPECT_EQ(got.find("a secret"), std::string::npos);
}

TEST(http_server_life, tells_who_has_left_a_request_open_that_the_peer_has_gone) {
    open_requests open;
    running_server server(open.handler());
    raw_peer peer(server.port());
    peer.send(any_request);
    ASSERT_TRUE(eventually([&] { return open.opened == 1; }));
    peer.close();
    EXPECT_TRUE(eventually([&] { return open.gone == 1 && open.living == 0; }));
    EXPECT_EQ(server.on_loop([&] { return server.get().in_flight() + server.get().connections(); }), 0u);
}

TEST(http_server_life, goes_on_with_a_coroutine_that_is_cancelled_as_any) {
    open_requests open;
    waiting_room room;
    running_server server(open.handler());
    raw_peer stays(server.port());
    raw_peer goes(server.port());
    for (auto* const each : {&stays, &goes}) {
        each->send(any_request);
        ASSERT_TRUE(eventually([&] { return open.opened == (each == &stays ? 1 : 2); }));
        server.on_loop([&] {
            const auto one = open.take();
            one->end.end_with(waiting_room::wait(&room, &one->asked));
            return 0;
        });
    }
    ASSERT_TRUE(eventually([&] { return room.inside == 2; }));
    EXPECT_EQ(open.living, 0);
    goes.close();
    EXPECT_TRUE(eventually([&] { return room.cancelled == 1; }));
    room.open = true;
    EXPECT_EQ(body_in(stays.response()), "waited");
    EXPECT_EQ(open.gone, 0);
}

TEST(http_server_life, may_be_destroyed_with_requests_left_open) {
    open_requests open;
    std::vector<std::unique_ptr<raw_peer>> peers;
    {
        running_server server(open.handler());
        for (int i = 0; i < 10; ++i) {
            peers.push_back(std::make_unique<raw_peer>(server.port()));
            peers.back()->send(any_request);
        }
        ASSERT_TRUE(eventually([&] { return open.opened == 10; }));
    }
    EXPECT_EQ(open.gone, 10);
    EXPECT_EQ(open.living, 0);
}

TEST(http_server_life, says_where_it_cannot_listen) {
    running_server server(answer_ok);
    asio::io_context loop;
    http::server_options options;
    options.port = server.port();
    try {
        const http::server second(loop.get_executor(), options, answer_ok);
        FAIL() << "two servers on one port";
    } catch (const boost::system::system_error& failed) {
        EXPECT_NE(std::string(failed.what()).find("127.0.0.1"), std::string::npos) << failed.what();
    }
    options.port = 0;
    options.certificate_file = "/nonexistent.pem";
    options.key_file = "/nonexistent.key";
    EXPECT_THROW(http::server(loop.get_executor(), options, answer_ok), boost::system::system_error);
}

}  // namespace
}  // namespace mote::test
