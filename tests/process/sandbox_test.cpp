#include <mote/process/sandbox.hpp>

#include <tests/process/loop.hpp>
#include <tests/process/processes.hpp>
#include <tests/support/processes.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

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

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& content, fs::perms mode = fs::perms{0644}) {
    std::ofstream(path) << content;
    fs::permissions(path, mode);
}

class sandboxed : public loop {
public:
    void SetUp() override {
        if (!sandbox_available().works) mote::test::skip_or_fail("no sandbox here: " + sandbox_available().text);
        fs::create_directory(bundle());
        fs::permissions(bundle(), fs::perms{0755});
    }

    /// In a directory that only its owner may enter.
    fs::path bundle() const { return folder.path() / "bundle"; }

    child start(const command& what, const sandbox& how) {
        return child::start(io.get_executor(), in_sandbox(what, how));
    }
    ran run_in(const sandbox& how, std::string script) { return run(finish(start(shell(std::move(script)), how))); }

    mote::test::temp_dir folder;
    sandbox box{.bundle = bundle().string()};
};

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

TEST_F(sandboxed, the_bundle_is_read_only_at_home_app_and_the_working_directory) {
    write_file(bundle() / "data", "hello\n");
    EXPECT_EQ(run_in(box, "pwd; cat data").output, "/home/app\nhello\n");
    fs::permissions(bundle(), fs::perms{0777});
    fs::permissions(bundle() / "data", fs::perms{0666});
    EXPECT_EQ(run_in(box, "touch data new 2>&1 | grep -c 'Read-only'").output, "2\n");
    EXPECT_EQ(run_in({}, "pwd; ls -A").output, "/home/app\n") << "without a bundle";
}

TEST_F(sandboxed, a_program_of_the_bundle_runs_by_its_relative_path) {
    write_file(bundle() / "run", "#!/bin/sh\necho from the bundle\n", fs::perms{0755});
    command what{.program = "./run", .output = stream::pipe};
    EXPECT_EQ(run(finish(start(what, box))).output, "from the bundle\n");
    what.program = "/home/app/run";
    EXPECT_EQ(run(finish(start(what, box))).output, "from the bundle\n");
}

TEST_F(sandboxed, nothing_else_of_the_machine_is_there) {
    const fs::path outside = folder.path() / "outside";
    write_file(outside, "x");
    EXPECT_EQ(run_in(box, "ls /home; cat " + outside.string() + " 2>&1 | grep -c 'No such'").output, "app\n1\n");
    EXPECT_EQ(
        run_in(box, "ls -A / | grep -v -E '^(bin|dev|etc|home|lib|lib32|lib64|libx32|proc|run|sbin|tmp|usr|var)$'")
            .output,
        "");
    EXPECT_EQ(run_in(box, "ls /etc/shadow /etc/sudoers /etc/ssl/private 2>/dev/null").output, "");
    EXPECT_EQ(run_in(box, "ls /var /run").output, "/run:\n\n/var:\ntmp\n");
}

TEST_F(sandboxed, the_system_is_read_only) {
    EXPECT_NE(run_in(box, "touch /usr/x /etc/passwd 2>/dev/null").status.code, 0);
    EXPECT_EQ(run_in(box, "for f in /usr /usr/bin /etc/passwd /etc/hosts; do test -w $f && echo $f; done; true").output,
              "");
    EXPECT_NE(run_in(box, "echo 1 > /proc/sys/kernel/core_pattern").status.code, 0);
}

TEST_F(sandboxed, settings_are_those_of_this_machine_and_read_only) {
    for (const char* path : {"/etc/hosts", "/etc/resolv.conf", "/etc/services", "/etc/ld.so.cache", "/etc/localtime"}) {
        std::ifstream here(path, std::ios::binary);
        if (!here) continue;
        const std::string content{std::istreambuf_iterator<char>(here), {}};
        EXPECT_EQ(run_in(box, "cat " + std::string(path)).output, content) << path;
    }
    EXPECT_EQ(run_in(box, "cat /etc/group").output, "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n");
    for (const char* change : {"chmod 0666", "rm -f", "mv -t /tmp"}) {
        const std::string script = std::string(change) + " /etc/hosts /etc/passwd /etc/group";
        EXPECT_EQ(run_in(box, script + " 2>&1 | grep -c 'Read-only'").output, "3\n") << change;
    }
    EXPECT_EQ(run_in(box, "touch /etc/new 2>&1 | grep -c 'Read-only'").output, "1\n");
}

TEST_F(sandboxed, a_file_may_be_added_to_the_settings) {
    write_file(folder.path() / "here", "mine\n");
    box.read_only = {{(folder.path() / "here").string(), "/etc/app/mine"}};
    box.files.push_back({.path = "/etc/app.conf", .content = "x"});
    EXPECT_EQ(run_in(box, "cat /etc/app/mine /etc/app.conf").output, "mine\nx");
    EXPECT_NE(run_in(box, "echo y > /etc/app.conf").status.code, 0);
    EXPECT_NE(run_in(box, "touch /etc/app/new").status.code, 0);
}

TEST_F(sandboxed, tmp_is_private_and_can_be_written) {
    EXPECT_EQ(run_in(box, "ls -A /tmp; echo x > /tmp/x && cat /tmp/x").output, "x\n");
    EXPECT_EQ(run_in(box, "ls -A /tmp; ls -A /var/tmp").output, "");
    box.tmp_size = 100'000;
    EXPECT_NE(run_in(box, "head -c 1000000 /dev/zero > /tmp/x").status.code, 0);
}

TEST_F(sandboxed, the_root_can_be_read_only) {
    EXPECT_EQ(run_in(box, "mkdir /data && echo x > /data/x && cat /data/x").output, "x\n");
    box.read_only_root = true;
    EXPECT_NE(run_in(box, "mkdir /data 2>/dev/null").status.code, 0);
    EXPECT_TRUE(run_in(box, "echo x > /tmp/x && echo x > /dev/shm/x").status.ok());
}

TEST_F(sandboxed, only_its_own_processes_are_there) {
    EXPECT_EQ(run_in(box, "echo /proc/[0-9]*").output, "/proc/1 /proc/2\n") << "the first one and the shell";
}

TEST_F(sandboxed, only_its_own_descriptors_are_there) {
    box.files.push_back({.path = "/secret", .content = "x"});
    // Nor those that a shell opens for its own ends: 3 is the directory that `ls` reads.
    EXPECT_EQ(run_in(box, "exec ls /proc/self/fd").output, "0\n1\n2\n3\n");
}

TEST_F(sandboxed, devices_are_few) {
    EXPECT_EQ(
        run_in(box, "ls /dev | grep -v -E '^(console|core|fd|full|null|ptmx|pts|random|shm|std.*|tty|urandom|zero)$'")
            .output,
        "");
    EXPECT_TRUE(run_in(box, "head -c 10 /dev/urandom > /dev/null").status.ok());
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

TEST_F(sandboxed, secrets_are_read_only_files_of_the_user) {
    box.files.push_back({.path = "/var/openfaas/secrets/key", .content = std::string("bin\0ary", 7), .mode = 0400});
    EXPECT_EQ(run_in(box, "cat /var/openfaas/secrets/key").output, std::string("bin\0ary", 7));
    EXPECT_EQ(run_in(box, "stat -c '%a %U' /var/openfaas/secrets/key").output, "400 app\n");
    EXPECT_NE(run_in(box, "echo x > /var/openfaas/secrets/key").status.code, 0);
    EXPECT_NE(run_in(box, "rm -f /var/openfaas/secrets/key").status.code, 0);
}

TEST_F(sandboxed, further_files_and_directories_are_read_only) {
    fs::create_directory(folder.path() / "more");
    write_file(folder.path() / "more" / "a", "a\n");
    write_file(folder.path() / "one", "one\n");
    box.read_only = {{(folder.path() / "more").string(), "/var/more"}, {(folder.path() / "one").string(), "/etc/one"}};
    EXPECT_EQ(run_in(box, "cat /var/more/a /etc/one").output, "a\none\n");
    EXPECT_NE(run_in(box, "touch /var/more/b").status.code, 0);
    EXPECT_NE(run_in(box, "echo x > /etc/one").status.code, 0);
}

TEST_F(sandboxed, a_directory_that_it_shares_can_be_written) {
    const auto shared = folder.path() / "shared";
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms::all);
    box.writable = {{shared.string(), "/tmp"}};
    box.read_only_root = true;
    EXPECT_EQ(run_in(box, "echo hello > /tmp/a").status.code, 0);
    EXPECT_TRUE(fs::exists(shared / "a"));
    box.writable = {{shared.string(), "/run/app"}};
    EXPECT_EQ(run_in(box, "cat /run/app/a").output, "hello\n");
    box.writable = {{"shared", "/run/app"}};
    EXPECT_EQ(error_of([&] { in_sandbox(shell("true"), box); }).first, errc::bad_command);
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
