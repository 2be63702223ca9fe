#include <tests/support/process.hpp>

#include <tests/support/pidfd.hpp>
#include <tests/support/unique_fd.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

bool is_there(pid_t pid) { return ::kill(pid, 0) == 0; }

process shell(const std::string& script, process_options options = {}) {
    return process(strings{"sh", "-c", script}, std::move(options));
}

TEST(process, gives_output_and_exit_code) {
    const run_result result = run({"sh", "-c", "echo to out; echo to err >&2; exit 7"});
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.out, "to out\n");
    EXPECT_EQ(result.err, "to err\n");
    EXPECT_FALSE(result.timed_out);
}

TEST(process, passes_input_environment_and_directory) {
    ::setenv("MOTE_TEST_TAKEN_OUT", "still here", 1);
    process_options options;
    options.env["MOTE_TEST_ADDED"] = "a value";
    options.unset = {"MOTE_TEST_TAKEN_OUT"};
    options.cwd = "/usr";
    options.input = std::string(200'000, 'x');
    const auto result = run({"sh", "-c", "echo $MOTE_TEST_ADDED,$MOTE_TEST_TAKEN_OUT,$(pwd),$(wc -c)"}, options);
    EXPECT_EQ(result.out, "a value,,/usr,200000\n");
}

TEST(process, collects_more_than_a_pipe_holds) {
    const run_result result = run({"head", "-c", "3000000", "/dev/zero"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out.size(), 3'000'000u);
}

TEST(process, shows_output_while_it_runs) {
    const process child = shell("echo first; exec sleep 60");
    EXPECT_TRUE(child.wait_for_output("first\n"));
    EXPECT_TRUE(child.running());
    EXPECT_FALSE(child.wait_for_output("second", 20ms));
    EXPECT_FALSE(child.wait(20ms));
    child.kill(SIGINT);
    EXPECT_EQ(child.wait(), (exit_status{.code = 130, .signal = SIGINT}));
    EXPECT_FALSE(child.wait_for_output("second", 60s)) << "an ended child can write nothing more: no need to wait";
    child.kill(SIGKILL);  // of nobody
}

TEST(process, ends_a_child_that_ignores_sigterm) {
    pid_t pid = 0;
    {
        const process child = shell("trap '' TERM; echo ready; while :; do read x < /dev/zero; done");
        pid = child.pid();
        ASSERT_TRUE(child.wait_for_output("ready"));
        EXPECT_EQ(child.terminate(50ms).signal, SIGKILL);
    }
    EXPECT_FALSE(is_there(pid));
}

TEST(process, kills_what_takes_too_long) {
    const run_result result = run({"sh", "-c", "echo begun; exec sleep 60"}, {}, 300ms);
    EXPECT_TRUE(result.timed_out);
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST(process, says_that_a_program_is_missing) {
    EXPECT_THROW(process({"no-such-program-anywhere"}), std::system_error);
    EXPECT_THROW(process({"/etc/passwd"}), std::system_error);
    process_options nowhere;
    nowhere.cwd = "/no/such/directory";
    EXPECT_THROW(process({"true"}, nowhere), std::system_error);
}

TEST(process, outlives_the_thread_that_started_it) {
    std::unique_ptr<process> child;
    std::thread([&] { child = std::make_unique<process>(strings{"sleep", "60"}); }).join();
    EXPECT_FALSE(child->wait(50ms));
}

TEST(process, inherits_no_descriptor_but_the_standard_ones) {
    const unique_fd leaky(::socket(AF_INET, SOCK_STREAM, 0));  // as Asio opens them: without CLOEXEC
    const run_result result = run({"sh", "-c", "ls /proc/$$/fd"});
    const std::string name = "\n" + std::to_string(leaky.get()) + "\n";
    EXPECT_EQ(("\n" + result.out).find(name), std::string::npos) << result.out;
}

TEST(process, dies_with_the_process_that_started_it) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const unique_fd read_end(ends[0]);
    unique_fd write_end(ends[1]);
    const pid_t parent = ::fork();
    if (parent == 0) {
        const process child({"sleep", "60"});
        const pid_t pid = child.pid();
        [[maybe_unused]] const ssize_t ignored = ::write(write_end.get(), &pid, sizeof pid);
        for (;;) ::pause();
    }
    write_end.reset();
    pid_t pid = 0;
    const ssize_t count = ::read(read_end.get(), &pid, sizeof pid);
    const unique_fd watched = open_pidfd(pid);
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    ASSERT_EQ(count, static_cast<ssize_t>(sizeof pid));
    ASSERT_TRUE(watched);
    pollfd ended{.fd = watched.get(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ended, 1, 5000), 1);
}

}  // namespace
}  // namespace mote::test
