// The HTTP server over TLS.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>
#include <tests/http/tls_files.hpp>
#include <tests/http/tls_peer.hpp>

#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

namespace asio = boost::asio;

asio::awaitable<void> echo_plainly(http::exchange& asked) {
    asked.start(200);
    co_await asked.write({});
    for (;;) {
        const auto piece = co_await asked.read_some();
        if (piece.empty()) break;
        co_await asked.write(piece);
    }
}

void say_size_in_brackets(http::exchange& asked) {
    asked.respond(200, {}, "<" + std::to_string(asked.body().size()) + ">");
}

class http_server_tls : public testing::Test {
protected:
    http::server_options options() const {
        http::server_options made;
        made.certificate_file = files.certificate();
        made.key_file = files.key();
        return made;
    }
    tls_peer peer_of(const running_server& server, int version = TLS1_3_VERSION) const {
        return {server.port(), version, files.certificate()};
    }
    void expect_an_answer(const running_server& server) const {
        auto peer = peer_of(server);
        peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(status_in(peer.until("<0>")), 200) << peer.failure();
    }

    tls_files files;
};

std::size_t connections_of(running_server& server) {
    return server.on_loop([&] { return server.get().connections(); });
}

TEST_F(http_server_tls, answers_over_both_versions_that_are_good) {
    running_server server(say_size_in_brackets, options());
    for (const auto& [version, name] : {std::pair(TLS1_2_VERSION, "TLSv1.2"), std::pair(TLS1_3_VERSION, "TLSv1.3")}) {
        auto peer = peer_of(server, version);
        ASSERT_EQ(peer.failure(), "") << name;
        EXPECT_EQ(peer.version(), name);
        for (const std::size_t size : {0, 1, 1'000'000}) {
            peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
            peer.send(std::string(size, 'x'));
            const auto got = peer.until(">");
            EXPECT_EQ(status_in(got), 200) << got;
            EXPECT_EQ(body_in(got), "<" + std::to_string(size) + ">");
        }
        peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(status_in(peer.until("<0>")), 200);
        EXPECT_EQ(status_in(peer.rest()), 200);
        EXPECT_TRUE(peer.ended_well());
    }
}

TEST_F(http_server_tls, refuses_older_versions) {
    running_server server(say_size_in_brackets, options());
    for (const int version : {TLS1_1_VERSION, TLS1_VERSION}) {
        const auto peer = peer_of(server, version);
        EXPECT_EQ(peer.failure(), "tlsv1 alert protocol version");
    }
    expect_an_answer(server);
}

TEST_F(http_server_tls, has_both_directions_at_once) {
    running_server server(echo_plainly, options());
    auto peer = peer_of(server);
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(status_in(peer.until("\r\n\r\n")), 200) << peer.failure();
    for (int i = 10; i < 60; ++i) {
        const auto chunk = "2\r\n" + std::to_string(i) + "\r\n";
        peer.send(chunk);
        ASSERT_EQ(peer.until(std::to_string(i) + "\r\n"), chunk);
    }
    peer.send("0\r\n\r\n");
    EXPECT_EQ(peer.until("\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(http_server_tls, refuses_what_could_be_read_in_two_ways) {
    running_server server(say_size_in_brackets, options());
    auto peer = peer_of(server);
    peer.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto got = peer.rest();
    EXPECT_EQ(status_in(got), 400) << got;
    EXPECT_EQ(got.find("HTTP/1.1 ", 1), std::string::npos) << got;
    EXPECT_TRUE(peer.ended_well());
}

TEST_F(http_server_tls, survives_a_peer_that_speaks_plain_text_or_nonsense) {
    running_server server(say_size_in_brackets, options());
    const std::string large(100'000, '\x16');
    for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                                     std::string("\x16\x03\x01\xff\xff"), std::string(1, '\0'), large}) {
        byte_peer peer(server.port());
        peer.send(bytes);
        if (bytes.size() > 5) {
            EXPECT_EQ(peer.rest().find("HTTP/"), std::string::npos);
        }
    }
    EXPECT_TRUE(eventually([&] { return connections_of(server) == 0; }));
    EXPECT_EQ(server.on_loop([&] { return server.get().requests(); }), 0U);
    expect_an_answer(server);
}

TEST_F(http_server_tls, ends_a_handshake_that_is_too_slow) {
    auto bounded = options();
    bounded.head_timeout = 200ms;
    running_server server(say_size_in_brackets, bounded);
    byte_peer silent(server.port());
    byte_peer slow(server.port());
    const std::string hello("\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03", 11);  // as it begins
    slow.send(hello);
    ASSERT_TRUE(eventually([&] { return connections_of(server) == 2; }) || slow.readable(0ms));
    for (int sent = 0; sent < 200 && !slow.readable(20ms); ++sent) slow.send("a");
    EXPECT_TRUE(slow.readable(20s)) << "it is not ended";
    EXPECT_EQ(silent.rest(), "");
    EXPECT_TRUE(eventually([&] { return connections_of(server) == 0; }));
    expect_an_answer(server);
}

TEST_F(http_server_tls, ends_who_sends_a_head_too_slowly) {
    auto bounded = options();
    bounded.head_timeout = 500ms;
    running_server server(say_size_in_brackets, bounded);
    auto peer = peer_of(server);
    ASSERT_EQ(peer.failure(), "");
    peer.send("GET / HT");
    EXPECT_EQ(status_in(peer.rest()), 408);
    EXPECT_TRUE(peer.ended_well());
}

TEST_F(http_server_tls, notices_a_peer_that_is_cut_off) {
    running_server server(echo_plainly, options());
    auto peer = peer_of(server);
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(status_in(peer.until("\r\n\r\n")), 200) << peer.failure();
    peer.cut();
    EXPECT_TRUE(eventually([&] { return server.on_loop([&] { return server.get().in_flight(); }) == 0; }));
    EXPECT_TRUE(eventually([&] { return connections_of(server) == 0; }));
}

TEST_F(http_server_tls, may_be_destroyed_in_the_middle_of_everything) {
    std::vector<std::unique_ptr<byte_peer>> shaking;
    std::unique_ptr<tls_peer> talking;
    {
        running_server server(echo_plainly, options());
        for (int i = 0; i < 10; ++i) shaking.push_back(std::make_unique<byte_peer>(server.port()));
        for (auto& each : shaking) each->send("\x16\x03");
        talking = std::make_unique<tls_peer>(server.port(), TLS1_3_VERSION, files.certificate());
        talking->send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        EXPECT_EQ(status_in(talking->until("\r\n\r\n")), 200) << talking->failure();
        ASSERT_TRUE(eventually([&] { return connections_of(server) == 11; }));
    }
    for (auto& each : shaking) EXPECT_EQ(each->rest(), "");
    EXPECT_EQ(talking->rest(), "");
}

TEST_F(http_server_tls, wants_files_that_belong_together) {
    const tls_files others;
    asio::io_context loop;
    const auto failure_of = [&](const std::string& certificate, const std::string& key) -> std::string {
        http::server_options wrong;
        wrong.certificate_file = certificate;
        wrong.key_file = key;
        try {
            const http::server made(loop.get_executor(), wrong, say_size_in_brackets);
        } catch (const boost::system::system_error& failed) {
            return failed.what();
        }
        return "";
    };
    EXPECT_EQ(failure_of(files.certificate(), files.key()), "");
    EXPECT_NE(failure_of(files.certificate(), others.key()).find(others.key()), std::string::npos);
    EXPECT_NE(failure_of(files.certificate(), "").find("the key"), std::string::npos);
    EXPECT_NE(failure_of("", files.key()).find("the certificate"), std::string::npos);
    EXPECT_NE(failure_of(files.key(), files.key()).find(files.key()), std::string::npos);
}

}  // namespace
}  // namespace mote::test
