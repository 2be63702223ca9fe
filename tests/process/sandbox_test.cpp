#include <tests/process/sandboxed.hpp>
#include <tests/support/processes.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <vector>

namespace mote::process::test {
namespace {

TEST_F(sandboxed, exit_codes_come_out) {
    EXPECT_EQ(run_in(box, "exit 7").status.code, 7);
    EXPECT_EQ(run_in(box, "kill -KILL $$").status.code, 137);
}

TEST_F(sandboxed, the_support_says_which_bubblewrap) {
    EXPECT_EQ(sandbox_available().text.rfind("bubblewrap ", 0), 0U) << sandbox_available().text;
}

TEST_F(sandboxed, a_program_is_user_app_without_capabilities) {
    EXPECT_EQ(run_in(box, "id -u; id -g; id -un; id -G").output, "1000\n1000\napp\n1000\n");
    EXPECT_EQ(
        run_in(box, "grep -E '^Cap(Eff|Prm|Bnd|Inh|Amb)|NoNewPrivs' /proc/self/status | tr -d '\\t' | tr '\\n' ' '")
            .output,
        "CapInh:0000000000000000 CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 "
        "CapAmb:0000000000000000 NoNewPrivs:1 ");
}

TEST_F(sandboxed, a_program_of_root_is_another_user_outside) {
    if (::geteuid() != 0) GTEST_SKIP() << "this process is not root";
    child process = start(shell("echo ready; exec sleep 1000"), box);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    struct stat about{};
    ASSERT_EQ(::stat(("/proc/" + std::to_string(process.pid())).c_str(), &about), 0);
    EXPECT_EQ(about.st_uid, 65534U);
}

TEST_F(sandboxed, a_program_finds_no_key_of_our_session) {
    if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0) GTEST_SKIP() << "no keyrings here";
    const std::string name = "mote-test-" + std::to_string(::getpid());
    ASSERT_GT(::syscall(SYS_add_key, "user", name.c_str(), "secret", 6, KEY_SPEC_SESSION_KEYRING), 0);
    command asks{.program = MOTE_TEST_PROCESS_HELPER, .arguments = {"find-key", name}, .output = stream::pipe};
    EXPECT_EQ(run(finish(child::start(io.get_executor(), asks))).output, "secret\n") << "without a sandbox";
    box.read_only = {{MOTE_TEST_PROCESS_HELPER, "/run/helper"}};
    asks.program = "/run/helper";
    // Each keeps the keyring that the next one finds.
    child first = start(shell("echo ready; exec sleep 1000"), box);
    ASSERT_EQ(run(read_line(first.output())), "ready");
    EXPECT_EQ(run(finish(start(asks, box))).output, "none\n");
    EXPECT_EQ(run(finish(start(asks, box))).output, "none\n");
}

TEST_F(sandboxed, a_program_leaves_no_key_to_the_next) {
    if (::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) < 0)
        GTEST_SKIP() << "no keyrings here";
    box.read_only = {{MOTE_TEST_PROCESS_HELPER, "/run/helper"}};
    command leaves{.program = "/run/helper", .arguments = {"leave-key", "mote-left"}, .output = stream::pipe};
    child first = start(leaves, box);
    EXPECT_EQ(run(read_line(first.output())), "refused");
    const command asks{.program = "/run/helper", .arguments = {"find-key", "mote-left"}, .output = stream::pipe};
    EXPECT_EQ(run(finish(start(asks, box))).output, "none\n");
}

TEST_F(sandboxed, only_its_own_processes_are_there) {
    EXPECT_EQ(run_in(box, "echo /proc/[0-9]*").output, "/proc/1 /proc/2\n") << "the first one and the shell";
}

TEST_F(sandboxed, only_its_own_descriptors_are_there) {
    box.files.push_back({.path = "/secret", .content = "x"});
    // Nor those that a shell opens for its own ends: 3 is the directory that `ls` reads.
    EXPECT_EQ(run_in(box, "exec ls /proc/self/fd").output, "0\n1\n2\n3\n");
}

TEST_F(sandboxed, its_environment_is_the_commands) {
    command what{.program = "env", .output = stream::pipe};
    what.environment = {{"LD_LIBRARY_PATH", "/home/app/lib"}, {"A", "b c"}};
    const std::string output = run(finish(start(what, box))).output;
    EXPECT_NE(output.find("A=b c\n"), std::string::npos);
    EXPECT_NE(output.find("LD_LIBRARY_PATH=/home/app/lib\n"), std::string::npos);
    EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 3) << "and PWD: " << output;
}

TEST_F(sandboxed, neither_environment_nor_files_can_be_seen_in_arguments) {
    command what = shell("echo ready; exec sleep 1000");
    what.environment = {{"PASSWORD", "moteTopSecret"}};
    box.files.push_back({.path = "/var/openfaas/secrets/key", .content = "moteTopSecret"});
    child process = start(what, box);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        EXPECT_EQ(text.find("moteTopSecret"), std::string::npos) << entry.path();
    }
}

TEST_F(sandboxed, the_network_is_shared_or_none) {
    EXPECT_EQ(
        run_in(box, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort").output,
        run(finish(child::start(io.get_executor(), shell("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort"))))
            .output);
    box.net = sandbox::network::none;
    EXPECT_EQ(run_in(box, "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").output, "lo\n");
}

TEST_F(sandboxed, the_first_process_gets_the_signals) {
    command what = shell("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.01; done");
    what.error = stream::null;  // the shell tells there how its sleep ended
    child process = start(what, box);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_EQ(run(process.stop(20s)).code, 9);
    EXPECT_EQ(run(read_line(process.output())), "bye");
}

TEST_F(sandboxed, what_does_not_handle_a_signal_ends_by_it) {
    child process = start(shell("echo ready; exec sleep 1000"), box);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_EQ(run(process.stop(20s)).code, 143);
}

TEST_F(sandboxed, what_ignores_the_signal_is_killed) {
    child process = start(shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"), box);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_EQ(run(process.stop(50ms)).signal, SIGKILL);
}

TEST_F(sandboxed, a_stop_before_the_program_runs_ends_it) {
    child process = start(shell("exec sleep 1000"), box);
    EXPECT_FALSE(run(process.stop(300ms)).ok());
}

/// Where in its start a sandbox is then is chance: bubblewrap's child has left its group, and not yet asked to end with it, for a moment.
TEST_F(sandboxed, a_stop_at_any_moment_of_the_start_leaves_nothing) {
    const std::string length = "7655." + std::to_string(::getpid());
    for (int i = 0; i < 150; ++i) {
        child process = start(shell("exec sleep " + length), box);
        std::this_thread::sleep_for(std::chrono::microseconds(i % 50 * 150));
        if (i % 2 != 0) continue;  // killed, as it is destroyed
        EXPECT_FALSE(run(process.stop(20s)).ok());
    }
    EXPECT_TRUE(becomes_true([&] { return mote::test::processes_with(length) == 0; }));
}

std::vector<pid_t> pids_with_argument(const std::string& argument) {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (text == std::string("sleep\0", 6) + argument + '\0') found.push_back(std::stoi(entry.path().filename()));
    }
    return found;
}

TEST_F(sandboxed, a_grandchild_with_a_session_of_its_own_goes_with_it) {
    const std::string length = "7654." + std::to_string(::getpid());
    {
        child process = start(shell("setsid sleep " + length + " > /dev/null 2>&1 & echo ready; exec sleep 1000"), box);
        ASSERT_EQ(run(read_line(process.output())), "ready");
        ASSERT_TRUE(becomes_true([&] { return pids_with_argument(length).size() == 1; }));
    }
    EXPECT_TRUE(becomes_true([&] { return pids_with_argument(length).empty(); }));
    run_until([] { return count_children() == 0; });
}

TEST_F(sandboxed, a_program_that_ends_takes_all_along) {
    const std::string length = "7653." + std::to_string(::getpid());
    EXPECT_TRUE(run_in(box, "setsid sleep " + length + " > /dev/null 2>&1 & exit 0").status.ok());
    EXPECT_TRUE(becomes_true([&] { return pids_with_argument(length).empty(); }));
}

TEST_F(sandboxed, limits_hold_inside) {
    command what = shell("ulimit -n; ulimit -c");
    what.limits.open_files = 40;
    EXPECT_EQ(run(finish(start(what, box))).output, "40\n0\n");
}

TEST_F(sandboxed, a_control_group_that_cannot_be_made_there_becomes_rlimits) {
    box.read_only = {{MOTE_TEST_PROCESS_HELPER, "/run/helper"}};
    const command what{.program = "/run/helper", .arguments = {"limits"}, .output = stream::pipe};
    EXPECT_EQ(run(finish(start(what, box))).output, "1048576\nrlimits\n");
}

TEST_F(sandboxed, a_command_can_be_started_again) {
    box.files.push_back({.path = "/secret", .content = "x"});
    const command what = in_sandbox(shell("cat /secret"), box);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(finish(child::start(io.get_executor(), what))).output, "x");
}

TEST_F(sandboxed, descriptors_of_the_command_come_through) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    command what = shell("echo through >&3");
    what.descriptors = {ends[1]};
    EXPECT_TRUE(run(finish(start(what, box))).status.ok());
    char text[16] = {};
    EXPECT_EQ(::read(ends[0], text, sizeof text), 8);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_F(sandboxed, a_program_that_it_would_not_have_is_refused_at_once) {
    write_file(bundle() / "data", "x");
    for (const char* program :
         {"no-such-program", "./run", "/home/app/run", "/home/app/../../srv/x", "./data", "/etc/passwd", "/srv"}) {
        EXPECT_EQ(error_of([&] { in_sandbox({.program = program}, box); }).first, errc::program_not_found) << program;
    }
}

TEST_F(sandboxed, a_program_that_is_there_but_cannot_be_run_as_it_is_named_is_refused_with_what_mends_it) {
    write_file(bundle() / "handler", "#!/bin/sh\necho hello\n");
    const auto refusal = [&](const std::string& program) {
        const auto [code, text] = error_of([&] { in_sandbox({.program = program}, box); });
        EXPECT_EQ(code, errc::program_not_found) << program;
        return text;
    };
    EXPECT_NE(refusal("./handler").find("./handler (in the sandbox): it may not be run: chmod +x"), std::string::npos)
        << refusal("./handler");
    EXPECT_NE(refusal("/home/app/handler").find("chmod +x"), std::string::npos);
    EXPECT_NE(refusal("handler").find("not in PATH; its directory has one: ./handler"), std::string::npos)
        << refusal("handler");
    EXPECT_NE(refusal("'sh").find("a quote is a letter of its name"), std::string::npos) << refusal("'sh");
    EXPECT_EQ(refusal("./none").find("chmod"), std::string::npos);
}

TEST_F(sandboxed, a_script_whose_interpreter_it_would_not_have_is_refused_at_once) {
    const auto refusal = [&](const std::string& first_line) {
        write_file(bundle() / "run", first_line + "\necho hello\n", fs::perms{0755});
        return error_of([&] { in_sandbox({.program = "./run"}, box); });
    };
    const auto [code, text] = refusal("#!/opt/python3");
    EXPECT_EQ(code, errc::program_not_found);
    EXPECT_NE(text.find("./run (in the sandbox): its first line asks for /opt/python3"), std::string::npos) << text;
    EXPECT_NE(refusal("#!/bin/sh\r").second.find("ends with CR LF"), std::string::npos);
    write_file(bundle() / "mine", "#!/bin/sh\nexec sh \"$@\"\n", fs::perms{0755});
    for (const char* good : {"#!/bin/sh", "#! /usr/bin/env sh", "#!/home/app/mine", "#!mine"}) {
        write_file(bundle() / "run", std::string(good) + "\necho hello\n", fs::perms{0755});
        EXPECT_EQ(run(finish(start({.program = "./run", .output = stream::pipe}, box))).output, "hello\n") << good;
    }
}

TEST_F(sandboxed, paths_that_cannot_be_are_refused) {
    const command what{.program = "true"};
    const auto refused = [&](const sandbox& wrong) { return error_of([&] { in_sandbox(what, wrong); }).first; };
    EXPECT_EQ(refused({.bundle = "relative"}), errc::bad_command);
    EXPECT_EQ(refused({.bundle = (folder.path() / "missing").string()}), errc::bad_command);
    EXPECT_EQ(refused({.bundle = "/etc/passwd"}), errc::bad_command);
    EXPECT_EQ(refused({.read_only = {{"/nowhere/at/all", "/x"}}}), errc::bad_command);
    EXPECT_EQ(refused({.read_only = {{"/etc/passwd", "x"}}}), errc::bad_command);
    EXPECT_EQ(refused({.files = {{.path = "x"}}}), errc::bad_command);
    EXPECT_EQ(error_of([&] { in_sandbox({.program = "true", .directory = "here"}, box); }).first, errc::bad_command);
    EXPECT_EQ(error_of([&] { in_sandbox(in_sandbox(what, box), box); }).first, errc::bad_command);
}

}  // namespace
}  // namespace mote::process::test
