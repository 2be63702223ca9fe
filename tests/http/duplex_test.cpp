// The HTTP server while requests and responses are under way at once: both directions, peers that go, requests in line.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
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

const std::string chunked_post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk_of(const std::string& text) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return size + text + "\r\n";
}

asio::awaitable<void> echo_pieces(http::exchange& asked) {
    asked.start(200, {{"Content-Type", "text/plain"}});
    co_await asked.write({});
    for (;;) {
        const auto piece = co_await asked.read_some();
        if (piece.empty()) break;
        co_await asked.write(piece);
    }
}

TEST(http_duplex, gives_each_piece_back_before_the_next_is_sent) {
    running_server server(echo_pieces);
    byte_peer peer(server.port());
    for (int request = 0; request < 3; ++request) {
        peer.send(chunked_post);
        const auto head = peer.until("\r\n\r\n");
        EXPECT_EQ(status_in(head), 200);
        EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head;
        for (int i = 0; i < 50; ++i) {
            const auto chunk = chunk_of("piece " + std::to_string(i));
            peer.send(chunk);
            ASSERT_EQ(peer.take(chunk.size()), chunk);
        }
        peer.send("0\r\n\r\n");
        ASSERT_EQ(peer.take(5), "0\r\n\r\n");
    }
}

TEST(http_duplex, echoes_a_body_of_known_length_as_chunks) {
    running_server server(echo_pieces);
    byte_peer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n");
    EXPECT_EQ(status_in(peer.until("\r\n\r\n")), 200);
    for (const std::string piece : {"ab", "cd", "ef"}) {
        peer.send(piece);
        ASSERT_EQ(peer.take(7), chunk_of(piece));
    }
    EXPECT_EQ(peer.take(5), "0\r\n\r\n");
}

TEST(http_duplex, sends_no_chunks_to_an_old_peer) {
    running_server server(echo_pieces);
    byte_peer peer(server.port());
    peer.send("POST / HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab");
    const auto got = peer.rest();
    EXPECT_EQ(body_in(got), "ab") << got;
    EXPECT_EQ(got.find("Transfer-Encoding"), std::string::npos) << got;
}

TEST(http_duplex, sends_no_pieces_to_who_asks_for_the_head) {
    running_server server(echo_pieces);
    byte_peer peer(server.port());
    peer.send("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" + chunked_post + "0\r\n\r\n");
    EXPECT_EQ(status_in(peer.until("\r\n\r\n")), 200);
    const auto next = peer.until("\r\n\r\n");
    EXPECT_EQ(status_in(next), 200) << next;
}

constexpr std::size_t piece_size = 65'536;
constexpr int pieces = 512;  // 32 MiB: more than the sockets hold

asio::awaitable<void> write_much(http::exchange* asked, std::atomic<int>* written) {
    const std::string piece(piece_size, 'w');
    for (int i = 0; i < pieces; ++i) {
        co_await asked->write(piece);
        ++*written;
    }
}

asio::awaitable<void> read_much(http::exchange* asked, std::atomic<std::size_t>* read) {
    for (;;) {
        const auto piece = co_await asked->read_some();
        if (piece.empty()) break;
        *read += piece.size();
    }
}

struct progress {
    std::atomic<int> written = 0;
    std::atomic<std::size_t> read = 0;
    std::atomic<bool> gone = false;
};

asio::awaitable<void> read_and_write(http::exchange* asked, progress* so_far) {
    using namespace asio::experimental::awaitable_operators;
    asked->start(200);
    try {
        auto both = write_much(asked, &so_far->written) && read_much(asked, &so_far->read);
        co_await std::move(both);
    } catch (const std::exception&) {  // of both, as one
        so_far->gone = asked->gone();
        throw;
    }
}

TEST(http_duplex, reads_in_one_coroutine_while_another_waits_to_write) {
    progress so_far;
    running_server server([&](http::exchange& asked) { return read_and_write(&asked, &so_far); });
    byte_peer peer(server.port());
    constexpr std::size_t size = 16 * 1024 * 1024;
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(size) +
              "\r\n\r\n");
    const std::string piece(1024 * 1024, 'r');
    for (std::size_t sent = 0; sent < size; sent += piece.size()) peer.send(piece);
    ASSERT_TRUE(eventually([&] { return so_far.read == size; })) << "the reader waits for the writer";
    EXPECT_LT(so_far.written, pieces) << "nobody reads what it sends";
    const auto all = peer.rest();
    EXPECT_EQ(so_far.written, pieces);
    EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n"));
    EXPECT_GT(all.size(), piece_size * pieces);
}

TEST(http_duplex, ends_both_when_the_peer_goes) {
    progress so_far;
    running_server server([&](http::exchange& asked) { return read_and_write(&asked, &so_far); });
    byte_peer peer(server.port());
    peer.send(chunked_post + "2\r\nab");
    ASSERT_TRUE(eventually([&] { return so_far.read == 2 && so_far.written > 0; }));
    peer.close();
    EXPECT_TRUE(eventually([&] { return so_far.gone.load(); }));
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == 0; }));
    EXPECT_EQ(server.on_loop([&] { return server.get().connections(); }), 0U);
}

asio::awaitable<void> read_to_the_end(http::exchange* asked, progress* so_far) {
    try {
        co_await read_much(asked, &so_far->read);
    } catch (const boost::system::system_error& failed) {
        so_far->gone = asked->gone() && failed.code() == asio::error::operation_aborted;
        throw;
    }
    asked->respond(200, {}, "all");
}

TEST(http_duplex, cancels_a_reader_whose_peer_goes) {
    for (const bool half : {false, true}) {
        progress so_far;
        running_server server([&](http::exchange& asked) { return read_to_the_end(&asked, &so_far); });
        raw_peer peer(server.port());
        peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab");
        ASSERT_TRUE(eventually([&] { return so_far.read == 2; }));
        if (half)
            peer.finish_sending();
        else
            peer.close();
        EXPECT_TRUE(eventually([&] { return so_far.gone.load(); })) << half;
        EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; }));
    }
}

/// Holds the first request back until the test lets it go; the body of none is read.
struct line {
    std::atomic<bool> open = false;
    std::vector<std::string> begun{};  // on the server's thread

    static asio::awaitable<void> answer(line* own, http::exchange* asked) {
        own->begun.emplace_back(asked->path());
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (asked->path() == "/first" && !own->open) {
            timer.expires_after(2ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        const std::string text = "<" + std::string(asked->path()) + ">";
        asked->respond(200, {}, text);
    }
    http::server_handler handler() {
        return [this](http::exchange& asked) { return answer(this, &asked); };
    }
};

TEST(http_pipeline, begins_a_request_when_the_one_before_is_answered) {
    line queue;
    running_server server(queue.handler());
    const auto begun = [&] { return server.on_loop([&] { return queue.begun; }); };
    byte_peer peer(server.port());
    peer.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return !begun().empty(); }));
    peer.send("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    byte_peer other(server.port());
    other.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(other.until("</other>")), 200) << "another connection does not wait";
    EXPECT_EQ(begun(), (std::vector<std::string>{"/first", "/other"}));
    EXPECT_FALSE(peer.readable(0ms));
    queue.open = true;
    const auto all = peer.rest();
    EXPECT_EQ(begun(), (std::vector<std::string>{"/first", "/other", "/second", "*"}));
    const auto first = all.find("</first>");
    const auto second = all.find("</second>");
    const auto third = all.find("<*>");
    EXPECT_TRUE(first < second && second < third && third != all.npos) << all;
}

TEST(http_pipeline, skips_a_short_body_that_nobody_reads) {
    line queue;
    running_server server(queue.handler());
    byte_peer peer(server.port());
    peer.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nGET /b ");
    EXPECT_EQ(status_in(peer.until("</a>")), 200);
    peer.send("HGET /c HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_in(peer.until("</c>")), 200);
    EXPECT_EQ(server.on_loop([&] { return queue.begun; }), (std::vector<std::string>{"/a", "/c"}));
}

TEST(http_pipeline, ends_at_a_body_that_nobody_reads_and_whose_end_is_far_or_unknown) {
    line queue;
    running_server server(queue.handler());
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const std::string framing : {"Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
                                      "Expect: 100-continue\r\nContent-Length: 35\r\n\r\n"}) {
        byte_peer peer(server.port());
        peer.send("POST /a HTTP/1.1\r\nHost: x\r\n" + framing + smuggled + smuggled);
        const auto got = peer.rest();
        EXPECT_EQ(status_in(got), 200) << got;
        EXPECT_NE(got.find("\r\nConnection: close\r\n"), std::string::npos) << got;
        EXPECT_EQ(got.find("smuggled"), std::string::npos) << got;
        EXPECT_EQ(got.find("100 Continue"), std::string::npos) << "nobody asked for the body: " << got;
    }
    EXPECT_EQ(server.on_loop([&] { return queue.begun; }), (std::vector<std::string>{"/a", "/a", "/a"}));
}

}  // namespace
}  // namespace mote::test
