// Ten thousand peers at once that send their heads byte by byte.

#include <tests/http/byte_peer.hpp>
#include <tests/http/crowd.hpp>
#include <tests/http/running_server.hpp>
#include <tests/support/program.hpp>

#include <array>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <numeric>
#include <string>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// Of this process, in KiB; zero when it is not known.
std::size_t resident() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::size_t size = 0;
        if (word == "VmRSS:" && status >> size) return size;
    }
    return 0;
}

TEST(http_crowd, of_slow_peers_keeps_nobody_from_being_answered_and_costs_little) {
    constexpr std::size_t wanted = 10'000;
    constexpr std::size_t others = 200;  // descriptors of the process itself, and quick peers
    const auto limit = raise_descriptor_limit();
    ASSERT_GT(limit, others + 1000) << "the hard limit of open files is too low for a crowd";
    const std::size_t number = std::min<std::size_t>(wanted, limit - others);
    if (number < wanted) {
        ASSERT_FALSE(in_ci()) << "the hard limit of open files, " << limit << ", is too low for " << wanted << " peers";
        std::cerr << "the hard limit of open files is " << limit << ": only " << number << " slow peers instead of "
                  << wanted << "\n";
    }

    std::array<crowd, 4> crowds;  // before there is a thread
    const auto each = static_cast<std::uint32_t>(number / crowds.size());
    const std::size_t all = each * crowds.size();
    http::server_options options;
    options.max_connections = wanted + others;
    options.head_timeout = 120s;
    running_server server([](http::exchange& asked) { asked.respond(200, {}, "ok"); }, options);
    const auto connections = [&] { return server.on_loop([&] { return server.get().connections(); }); };
    const auto before = resident();
    ASSERT_NE(before, 0U);

    std::size_t came = 0;
    for (auto& some : crowds) came += some.come(server.port(), each, "GET / HTTP/1.1\r\nHost: x\r\nA: ");
    ASSERT_EQ(came, all);
    ASSERT_TRUE(eventually([&] { return connections() == all; })) << connections();

    byte_peer quick(server.port());
    for (int round = 0; round < 5; ++round) {
        for (auto& some : crowds) {
            EXPECT_EQ(some.drip("a"), each) << "a slow one was refused";
            quick.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
            EXPECT_EQ(status_in(quick.until("\r\n\r\nok")), 200);
            byte_peer late(server.port());
            late.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            EXPECT_EQ(status_in(late.rest()), 200);
        }
    }
    const auto grown = resident() - std::min(before, resident());
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::size_t most = 512;
#else
    constexpr std::size_t most = 32;  // KiB a connection, several times of what it is
#endif
    EXPECT_LT(grown, all * most) << "KiB for " << all << " connections";
    std::cerr << all << " slow peers cost " << grown / 1024 << " MiB\n";

    EXPECT_EQ(crowds[0].finish("\r\n\r\n"), each) << "who comes to an end is answered";
    EXPECT_GE(connections(), all) << "and all slow ones are still there";
    for (std::size_t i = 1; i < crowds.size(); ++i) EXPECT_EQ(crowds[i].drip("b"), each);
}

TEST(http_crowd, that_is_idle_holds_no_buffers) {
    constexpr std::uint32_t wanted = 3000;
    ASSERT_GT(raise_descriptor_limit(), wanted + 200) << "the hard limit of open files is too low for a crowd";
    crowd idle;  // before there is a thread
    running_server server([](http::exchange& asked) { asked.respond(200, {}, "ok"); });
    const auto answered = [&] { return server.on_loop([&] { return server.get().requests(); }); };
    const auto before = resident();
    ASSERT_NE(before, 0U);
    ASSERT_EQ(idle.come(server.port(), wanted, ""), wanted);
    ASSERT_EQ(idle.finish("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), wanted);
    ASSERT_TRUE(eventually([&] { return answered() == wanted; })) << answered();

    const auto grown = resident() - std::min(before, resident());
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::size_t most = 32;
#else
    constexpr std::size_t most = 4;  // KiB a connection; a read buffer alone would be as much
#endif
    EXPECT_LT(grown, wanted * most) << "KiB for " << wanted << " connections";
    EXPECT_EQ(server.on_loop([&] { return server.get().connections(); }), wanted);
}

}  // namespace
}  // namespace mote::test
