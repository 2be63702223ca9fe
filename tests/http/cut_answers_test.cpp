// Answers that only the end of the connection ends, as HTTP/1.0 has them: half of one must not look like all of it.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>
#include <tests/http/tls_files.hpp>
#include <tests/http/tls_peer.hpp>

#include <atomic>
#include <cerrno>
#include <gtest/gtest.h>
#include <stdexcept>

namespace mote::test {
namespace {

namespace asio = boost::asio;

constexpr const char* begin_it = "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n";

/// Half of an answer, and the other half when a byte comes; where that is `x`, it fails.
asio::awaitable<void> answer_in_halves(http::exchange& asked) {
    asked.start(200);
    co_await asked.write("half ");
    const auto piece = co_await asked.read_some();
    if (piece == "x") throw std::runtime_error("broken");
    co_await asked.write("whole");
}

/// What comes until the connection ends, and how it ends.
struct ending {
    std::string text{};
    boost::system::error_code how{};
};

void read_on(raw_peer& peer, ending& into, std::string_view until = {}) {
    while (!into.how && (until.empty() || into.text.find(until) == std::string::npos)) {
        char piece[256];
        const auto size = peer.socket().read_some(asio::buffer(piece), into.how);
        into.text.append(piece, size);
    }
}

ending answer_with(running_server& server, std::string_view last, std::string_view begin = begin_it) {
    raw_peer peer(server.port());
    peer.send(begin);
    ending seen;
    read_on(peer, seen, "half ");
    peer.send(last);
    read_on(peer, seen);
    return seen;
}

TEST(http_cut_answer, that_the_end_of_the_connection_ends_is_a_reset) {
    running_server server(answer_in_halves);
    const auto whole = answer_with(server, "y");
    EXPECT_TRUE(whole.text.ends_with("\r\n\r\nhalf whole")) << whole.text;
    EXPECT_EQ(whole.how, asio::error::eof);
    const auto cut = answer_with(server, "x");
    EXPECT_TRUE(cut.text.ends_with("\r\n\r\nhalf ")) << cut.text;
    EXPECT_EQ(cut.how, asio::error::connection_reset) << cut.how.message();
}

TEST(http_cut_answer, in_chunks_shows_it_by_the_last_one_that_is_missing) {
    running_server server(answer_in_halves);
    const auto cut = answer_with(server, "x", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
    EXPECT_TRUE(cut.text.ends_with("\r\n\r\n5\r\nhalf \r\n")) << cut.text;
    EXPECT_EQ(cut.how, asio::error::eof) << "what was sent is not lost by a reset";
}

TEST(http_cut_answer, by_a_server_that_ends_is_a_reset) {
    running_server server(answer_in_halves);
    raw_peer peer(server.port());
    peer.send(begin_it);
    ending seen;
    read_on(peer, seen, "half ");
    auto stopped = server.stop(std::chrono::milliseconds(50));
    read_on(peer, seen);
    EXPECT_EQ(seen.how, asio::error::connection_reset) << seen.how.message();
    stopped.get();
}

std::atomic<bool> much_was_made = false;

asio::awaitable<void> make_much(http::exchange& asked) {
    asked.start(200);
    const std::string much(64 * 1024 * 1024, 'x');
    much_was_made = true;
    co_await asked.write(much);
}

/// Whose client takes nothing for too long, when all of it was made already.
TEST(http_cut_answer, that_its_client_does_not_take_is_a_reset) {
    http::server_options options;
    options.write_timeout = std::chrono::milliseconds(100);
    running_server server(make_much, options);
    raw_peer peer(server.port());
    peer.send("GET / HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return much_was_made.load(); }));
    ASSERT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().connections(); }) == 0; }));
    ending seen;
    read_on(peer, seen);
    EXPECT_EQ(seen.how, asio::error::connection_reset) << seen.how.message();
}

TEST(http_cut_answer, over_tls_has_no_word_of_an_end) {
    const tls_files files;
    http::server_options options;
    options.certificate_file = files.certificate();
    options.key_file = files.key();
    running_server server(answer_in_halves, options);
    for (const auto* const last : {"y", "x"}) {
        tls_peer peer(server.port(), TLS1_3_VERSION, files.certificate());
        ASSERT_EQ(peer.failure(), "");
        peer.send(begin_it);
        EXPECT_TRUE(peer.until("half ").ends_with("half "));
        peer.send(last);
        errno = 0;
        const auto more = peer.rest();
        const bool is_cut = std::string_view(last) == "x";
        EXPECT_EQ(more, is_cut ? "" : "whole");
        EXPECT_EQ(peer.ended_well(), !is_cut);
        if (is_cut) {
            EXPECT_EQ(errno, ECONNRESET);
        }
    }
}

}  // namespace
}  // namespace mote::test
