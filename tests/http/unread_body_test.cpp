// The HTTP server and peers that go while nobody reads their body.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>
#include <tests/http/tls_files.hpp>
#include <tests/http/tls_peer.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <atomic>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace asio = boost::asio;

/// More than the server reads of it while its first piece is looked at, and less than the system keeps of it for the server:
/// so the peer's end is there, behind it.
constexpr std::size_t unread_size = 60'000;

struct unread_body_case {
    const char* name;
    const char* framing;
};
constexpr std::array<unread_body_case, 3> unread_bodies{{
    {"a part of a body", "Content-Length: 100000\r\n\r\n"},
    {"a whole body", "Content-Length: 60000\r\n\r\n"},
    {"a part of a chunk", "Transfer-Encoding: chunked\r\n\r\n20000\r\n"},
}};

std::string post_unread(const unread_body_case& of) {
    return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(of.framing) + std::string(unread_size, 'x');
}

/// What a handler did that reads no more than a piece until the test lets it go on, or it is cancelled.
struct unread_body_reader {
    std::atomic<bool> has_a_piece = false;
    std::atomic<bool> may_go_on = false;
    std::atomic<bool> cancelled = false;

    static asio::awaitable<void> read(unread_body_reader* own, http::exchange* asked) {
        const auto first = co_await asked->read_some();
        auto size = first.size();
        own->has_a_piece = true;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        try {
            while (!own->may_go_on) {
                timer.expires_after(2ms);
                co_await timer.async_wait(asio::use_awaitable);
            }
        } catch (const boost::system::system_error&) {
            own->cancelled = asked->gone();
            throw;
        }
        for (;;) {
            const auto piece = co_await asked->read_some();
            if (piece.empty()) break;
            size += piece.size();
        }
        const auto text = "<" + std::to_string(size) + ">";
        asked->respond(200, {}, text);
    }
    http::server_handler handler() {
        return [this](http::exchange& asked) { return read(this, &asked); };
    }
};

/// What `leave` does to a peer while its body is not read ends the handler.
template <class Peer>
void expect_noticed(running_server& server, unread_body_reader& reader, Peer peer, const unread_body_case& of,
                    void (*leave)(Peer&)) {
    peer.send(post_unread(of));
    ASSERT_TRUE(eventually([&] { return reader.has_a_piece.load(); })) << of.name;
    EXPECT_FALSE(reader.cancelled) << of.name;
    leave(peer);
    EXPECT_TRUE(eventually([&] { return reader.cancelled.load(); })) << of.name;
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == 0; })) << of.name;
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; })) << of.name;
}

void expect_plain_noticed(void (*leave)(raw_peer&)) {
    for (const auto& each : unread_bodies) {
        unread_body_reader reader;
        running_server server(reader.handler());
        expect_noticed<raw_peer>(server, reader, raw_peer(server.port()), each, leave);
    }
}

TEST(http_unread_body, of_a_peer_that_closes_ends_the_handler) {
    expect_plain_noticed([](raw_peer& peer) { peer.close(); });
}

TEST(http_unread_body, of_a_peer_that_resets_ends_the_handler) {
    expect_plain_noticed([](raw_peer& peer) { peer.reset(); });
}

TEST(http_unread_body, of_a_peer_that_closes_his_half_ends_the_handler_as_a_body_that_is_read_does) {
    expect_plain_noticed([](raw_peer& peer) { peer.finish_sending(); });
}

/// The sockets are full, so a close is not on its way yet when the peer breaks off.
TEST(http_unread_body, of_a_peer_that_resets_is_noticed_behind_any_length_of_it) {
    unread_body_reader reader;
    running_server server(reader.handler());
    raw_peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
    peer.socket().non_blocking(true);
    const std::string piece(65'536, 'x');
    boost::system::error_code full;
    while (!full || !reader.has_a_piece) peer.socket().write_some(asio::buffer(piece), full);
    EXPECT_EQ(full, asio::error::would_block);
    peer.reset();
    EXPECT_TRUE(eventually([&] { return reader.cancelled.load(); }));
}

class http_unread_body_over_tls : public testing::Test {
protected:
    void expect_tls_noticed(int version, void (*leave)(tls_peer&)) {
        for (const auto& each : unread_bodies) {
            unread_body_reader reader;
            running_server server(reader.handler(), options());
            expect_noticed<tls_peer>(server, reader, tls_peer(server.port(), version, files_.certificate()), each,
                                     leave);
        }
    }
    http::server_options options() const {
        http::server_options made;
        made.certificate_file = files_.certificate();
        made.key_file = files_.key();
        return made;
    }

    tls_files files_;
};

// Version 1.3 sends a peer tickets; who closes with those unread has broken off.
TEST_F(http_unread_body_over_tls, of_a_peer_that_closes_ends_the_handler) {
    expect_tls_noticed(TLS1_2_VERSION, [](tls_peer& peer) { peer.cut(); });
}

TEST_F(http_unread_body_over_tls, of_a_peer_that_resets_ends_the_handler) {
    expect_tls_noticed(TLS1_3_VERSION, [](tls_peer& peer) { peer.reset(); });
}

/// Is not taken for one that has gone in a time in which the server has looked after it more than once.
template <class Peer>
void expect_slow_one_served(Peer peer, unread_body_reader& reader) {
    peer.send(post_unread(unread_bodies[0]));
    ASSERT_TRUE(eventually([&] { return reader.has_a_piece.load(); }));
    std::this_thread::sleep_for(3s);
    EXPECT_FALSE(reader.cancelled);
    reader.may_go_on = true;
    peer.send(std::string(100'000 - unread_size, 'x'));
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(peer.until("<100000>")), 200);
    EXPECT_EQ(status_in(peer.until("<0>")), 200) << "nor the next one";
}

TEST(http_unread_body, of_a_slow_peer_that_stays_is_read_later) {
    unread_body_reader reader;
    running_server server(reader.handler());
    expect_slow_one_served(byte_peer(server.port()), reader);
}

TEST_F(http_unread_body_over_tls, of_a_slow_peer_that_stays_is_read_later) {
    unread_body_reader reader;
    running_server server(reader.handler(), options());
    expect_slow_one_served(tls_peer(server.port(), TLS1_3_VERSION, files_.certificate()), reader);
}

}  // namespace
}  // namespace mote::test
