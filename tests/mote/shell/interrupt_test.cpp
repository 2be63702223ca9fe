// Ctrl-C ends what waits, at once.

#include <tests/mote/raw_services.hpp>
#include <tests/mote/shell/all_commands.hpp>

#include <tests/support/loopback.hpp>

#include <csignal>
#include <poll.h>
#include <sys/socket.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// A hundred times the 100 ms that it may take: the machine may be busy. The time-outs of the commands are an hour.
constexpr auto soon = 10s;

TEST(mote_interrupted, ends_whatever_waits_for_a_server_that_says_nothing) {
    const command_environment environment;
    const unique_fd silent = listen_loopback(0);
    const std::string where = "127.0.0.1:" + std::to_string(local_port(silent.get()));
    const std::vector<words> commands = {{"ls"},
                                         {"info", "a"},
                                         {"stats", "a"},
                                         {"ping"},
                                         {"req", "a", "b"},
                                         {"metrics"},
                                         {"openapi"},
                                         {"dead", "ls"},
                                         {"graph"},
                                         {"schema", "a"},
                                         {"events"},
                                         {"bench", "a", "--count", "1"},
                                         {"kv", "ls"},
                                         {"kv", "watch", "a"},
                                         {"obj", "ls"},
                                         {"obj", "get", "a", "b"},
                                         {"bundle", "ls"},
                                         {"functions"},
                                         {"invoke", "a", "b"},
                                         {"logs", "a", "--follow"},
                                         {"scale", "a", "1"},
                                         {"call", "a"},
                                         {"secret", "ls"}};
    for (auto command : commands) {
        command.insert(command.end(), {"--timeout", "1h"});
        process started(command_environment::line(command),
                        environment.options({{"NATS_URL", where}, {"OPENFAAS_URL", "http://" + where}}));
        pollfd connected{.fd = silent.get(), .events = POLLIN, .revents = 0};
        ASSERT_EQ(::poll(&connected, 1, 20'000), 1) << joined(command) << started.output();
        const unique_fd asked(::accept(silent.get(), nullptr, nullptr));  // it is connected, and waits from here on
        ASSERT_TRUE(asked) << joined(command);
        started.kill(SIGINT);
        const auto ended = started.wait(soon);
        ASSERT_TRUE(ended) << joined(command);
        EXPECT_EQ(ended->code, 130) << joined(command) << started.output();
        EXPECT_EQ(started.out(), "") << joined(command);
    }
}

class mote_interrupted_live : public command_live {};

TEST_F(mote_interrupted_live, on_a_terminal_is_as_quiet) {
    const raw_services silent(server->port(), {{"slow", {}}});
    pty_process started(command_environment::line({"req", "slow", "x", "--timeout", "1h"}),
                        environment.options({{"NATS_URL", server->url()}}));
    const auto limit = std::chrono::steady_clock::now() + soon;
    while (silent.requests().empty() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    started.type("\x03");
    const auto ended = started.wait(soon);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 130);
}

}  // namespace
}  // namespace mote::test
