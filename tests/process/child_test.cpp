#include <mote/process/child.hpp>

#include <tests/process/loop.hpp>
#include <tests/process/processes.hpp>
#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <vector>

namespace mote::process::test {
namespace {

class child_start : public loop {
public:
    child start(const command& what) { return child::start(io.get_executor(), what); }
    ran run_shell(std::string script) { return run(finish(start(shell(std::move(script))))); }
};

using child_end = child_start;
using child_pipes = child_start;

TEST_F(child_end, has_the_exit_code) {
    EXPECT_EQ(run_shell("exit 0").status, (exit_status{.code = 0, .signal = 0}));
    EXPECT_EQ(run_shell("exit 3").status, (exit_status{.code = 3, .signal = 0}));
    EXPECT_EQ(run_shell("exit 255").status, (exit_status{.code = 255, .signal = 0}));
}

TEST_F(child_end, has_the_signal_and_the_code_of_a_shell) {
    EXPECT_EQ(run_shell("kill -KILL $$").status, (exit_status{.code = 137, .signal = SIGKILL}));
    EXPECT_EQ(run_shell("kill -SEGV $$").status, (exit_status{.code = 139, .signal = SIGSEGV}));
}

asio::awaitable<void> note_end(child& process, int& ends, exit_status& status) {
    status = co_await process.wait();
    ++ends;
}

TEST_F(child_end, is_told_to_every_waiter_and_stays_known) {
    child process = start(shell("read line; exit 4"));
    int ends = 0;
    exit_status first, second;
    asio::co_spawn(io, note_end(process, ends, first), asio::detached);
    asio::co_spawn(io, note_end(process, ends, second), asio::detached);
    run_until([&] { return ends == 2; });
    EXPECT_EQ(first, (exit_status{.code = 4, .signal = 0}));
    EXPECT_EQ(first, second);
    ASSERT_TRUE(process.status());
    EXPECT_EQ(*process.status(), first);
    EXPECT_EQ(run(process.wait()), first);
}

TEST_F(child_end, wakes_a_waiter_whose_child_is_destroyed) {
    auto process = std::make_unique<child>(start(shell("exec sleep 1000")));
    std::optional<exit_status> status;
    asio::co_spawn(io, process->wait(), [&](std::exception_ptr, exit_status value) { status = value; });
    io.poll();
    EXPECT_FALSE(status);
    process.reset();
    run_until([&] { return status.has_value(); });
    EXPECT_EQ(status->signal, SIGKILL);
}

TEST_F(child_end, waiting_can_be_cancelled) {
    child process = start(shell("exec sleep 1000"));
    asio::cancellation_signal cancel;
    std::exception_ptr failed;
    asio::co_spawn(
        io, process.wait(),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, exit_status) { failed = error; }));
    io.poll();
    cancel.emit(asio::cancellation_type::terminal);
    run_until([&] { return failed != nullptr; });
    EXPECT_FALSE(process.status());
    EXPECT_EQ(error_of([&] { std::rethrow_exception(failed); }).first, asio::error::operation_aborted);
}

TEST_F(child_end, stop_is_gentle_first) {
    command what = shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
    what.error = stream::null;  // the shell tells there how its sleep ended
    child process = start(what);
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_EQ(run(process.stop(20s)).code, 7);
    EXPECT_EQ(run(read_line(process.output())), "bye");
}

TEST_F(child_end, stop_kills_what_ignores_it) {
    child process = start(shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_EQ(run(process.stop(50ms)).signal, SIGKILL);
    EXPECT_EQ(run(process.stop(50ms)).signal, SIGKILL) << "a second time";
}

TEST_F(child_end, takes_the_grandchildren_along) {
    child process = start(shell("sleep 1000 & echo $!; exec sleep 1000"));
    const pid_t grandchild = std::stoi(run(read_line(process.output())));
    ASSERT_TRUE(is_alive(grandchild));
    EXPECT_EQ(run(process.stop(20s)).signal, SIGTERM);
    EXPECT_TRUE(becomes_true([&] { return !is_alive(grandchild); }));
}

TEST_F(child_end, kills_what_a_process_leaves_behind_so_that_its_pipes_end) {
    const ran result = run_shell("sleep 1000 & echo $!; exit 0");
    EXPECT_TRUE(result.status.ok());
    EXPECT_TRUE(becomes_true([&] { return !is_alive(std::stoi(result.output)); }));
}

TEST_F(child_end, destroying_kills_the_group_and_reaps) {
    pid_t leader = 0, grandchild = 0;
    {
        child process = start(shell("sleep 1000 & echo $!; exec sleep 1000"));
        leader = process.pid();
        grandchild = std::stoi(run(read_line(process.output())));
    }
    EXPECT_TRUE(becomes_true([&] { return !is_alive(leader) && !is_alive(grandchild); }));
    run_until([&] { return ::kill(leader, 0) != 0; });  // not even a zombie
    EXPECT_EQ(count_children(), 0);
}

TEST_F(child_end, assigning_over_it_kills_it) {
    child process = start(shell("exec sleep 1000"));
    const pid_t first = process.pid();
    process = start(shell("exit 0"));
    run_until([&] { return ::kill(first, 0) != 0; });
    EXPECT_TRUE(run(process.wait()).ok());
}

TEST(child_of_a_loop_that_is_gone, is_killed_and_reaped) {
    std::optional<child> outlives;
    pid_t pid = 0;
    {
        asio::io_context io;
        outlives.emplace(child::start(io.get_executor(), shell("exec sleep 1000")));
        pid = outlives->pid();
        outlives.reset();
    }
    EXPECT_NE(::kill(pid, 0), 0);
    EXPECT_EQ(count_children(), 0);
}

TEST_F(child_end, of_two_hundred_at_once_leaves_no_zombie_and_no_descriptor) {
    constexpr int many = 200;
    EXPECT_TRUE(run_shell("exit 0").status.ok());  // the loop and /dev/null have their descriptors from now on
    const int before = count_descriptors();
    std::vector<child> all;
    for (int i = 0; i < many; ++i) all.push_back(start(shell("exit " + std::to_string(i % 100))));
    for (int i = 0; i < many; ++i) EXPECT_EQ(run(all[static_cast<std::size_t>(i)].wait()).code, i % 100);
    all.clear();
    for (int i = 0; i < many; ++i) all.push_back(start(shell("exec sleep 1000")));
    all.clear();
    run_until([] { return count_children() == 0; });
    EXPECT_EQ(count_descriptors(), before);
}

TEST(child_of_a_killed_parent, is_killed_too) {
    mote::test::process parent({MOTE_TEST_PROCESS_HELPER, "parent"});
    ASSERT_TRUE(parent.wait_for_output("\n"));
    const pid_t pid = std::stoi(parent.out());
    ASSERT_TRUE(is_alive(pid));
    parent.kill(SIGKILL);
    EXPECT_TRUE(becomes_true([&] { return !is_alive(pid); }));
}

TEST_F(child_start, says_when_there_is_no_such_program) {
    const auto [code, text] = error_of([&] { start({.program = "no-such-program"}); });
    EXPECT_EQ(code, errc::program_not_found);
    EXPECT_NE(text.find("no-such-program"), std::string::npos);
    EXPECT_EQ(error_of([&] { start({.program = "/nowhere/program"}); }).first, errc::program_not_found);
    EXPECT_EQ(error_of([&] { start({.program = "/etc/passwd/program"}); }).first, errc::program_not_found);
    EXPECT_EQ(count_children(), 0);
}

TEST_F(child_start, says_how_a_program_of_its_directory_is_named) {
    const mote::test::temp_dir folder;
    const auto refusal = [&](const std::string& program) {
        const auto [code, text] = error_of([&] { start({.program = program, .directory = folder.path().string()}); });
        EXPECT_EQ(code, errc::program_not_found) << program;
        return text;
    };
    EXPECT_EQ(refusal("handler").find("./handler"), std::string::npos);
    std::ofstream(folder.path() / "handler") << "#!/bin/sh\n";
    EXPECT_NE(refusal("handler").find("handler: not in PATH; its directory has one: ./handler"), std::string::npos)
        << refusal("handler");
    EXPECT_NE(refusal("\"handler\"").find("a quote is a letter of its name"), std::string::npos)
        << refusal("\"handler\"");
    EXPECT_EQ(count_children(), 0);
}

TEST_F(child_start, says_what_a_script_that_is_there_asks_for) {
    const mote::test::temp_dir folder;
    const auto refusal = [&](const std::string& first_line) {
        const auto file = folder.path() / "run";
        std::ofstream(file, std::ios::binary) << first_line << "\necho hello\n";
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
        const auto [code, text] = error_of([&] { start({.program = "./run", .directory = folder.path().string()}); });
        EXPECT_EQ(code, errc::program_not_found);
        return text;
    };
    EXPECT_NE(refusal("#! /nowhere/python3 -B").find("./run: its first line asks for /nowhere/python3"),
              std::string::npos);
    EXPECT_NE(refusal("#!/bin/sh\r").find("/bin/sh, and ends with CR LF"), std::string::npos) << refusal("#!/bin/sh\r");
    EXPECT_EQ(count_children(), 0);
}

TEST_F(child_start, looks_a_name_up_in_the_path_of_its_own_environment) {
    command what = shell("");
    what.program = "sh";
    what.environment = {{"PATH", "/nowhere:relative:/usr/bin:/bin"}};
    EXPECT_TRUE(run(finish(start(what))).status.ok());
    what.environment = {{"PATH", "/nowhere"}};
    EXPECT_EQ(error_of([&] { start(what); }).first, errc::program_not_found);
}

TEST_F(child_start, says_the_step_and_the_reason_when_it_cannot) {
    const auto [code, text] = error_of([&] { start({.program = "/etc/passwd"}); });
    EXPECT_EQ(code, errc::cannot_start);
    EXPECT_NE(text.find("exec /etc/passwd: Permission denied"), std::string::npos) << text;
    const auto [code2, text2] = error_of([&] { start({.program = "/bin/true", .directory = "/nowhere"}); });
    EXPECT_EQ(code2, errc::cannot_start);
    EXPECT_NE(text2.find("chdir /nowhere: No such file or directory"), std::string::npos) << text2;
    EXPECT_EQ(count_children(), 0);
}

TEST_F(child_start, says_when_arguments_are_too_long_for_the_kernel) {
    const command what{.program = "/bin/true", .arguments = {std::string(300'000, 'x')}};
    const auto [code, text] = error_of([&] { start(what); });
    EXPECT_EQ(code, errc::cannot_start);
    EXPECT_NE(text.find("too long"), std::string::npos) << text;
}

TEST_F(child_start, says_when_no_descriptors_are_left) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP()
        << "the sanitizer checks an exception's memory by a pipe, so it takes the lack of one for a bad exception";
#endif
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit few{.rlim_cur = static_cast<rlim_t>(count_descriptors()), .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto failed = error_of([&] { start(shell("exit 0")); }).first;
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(failed, errc::cannot_start);
    EXPECT_TRUE(run_shell("exit 0").status.ok());
}

TEST_F(child_start, refuses_what_cannot_be_a_command) {
    using std::string_literals::operator""s;
    const std::vector<command> wrong = {
        {.program = ""},
        {.program = "a\0b"s},
        {.program = "true", .arguments = {"a\0b"s}},
        {.program = "true", .environment = {{"", "x"}}},
        {.program = "true", .environment = {{"a=b", "x"}}},
        {.program = "true", .environment = {{"a\0b"s, "x"}}},
        {.program = "true", .environment = {{"a", "x\0y"s}}},
        {.program = "true", .directory = "/\0"s},
        {.program = "true", .input = stream::merge},
        {.program = "true", .output = stream::merge},
    };
    for (const command& what : wrong) EXPECT_EQ(error_of([&] { start(what); }).first, errc::bad_command);
}

TEST_F(child_start, gives_it_the_environment_and_nothing_else) {
    ::setenv("MOTE_TEST_LEAK", "secret", 1);
    command what{.program = "/usr/bin/env"};
    what.output = stream::pipe;
    what.environment = {{"ONE", "1"}, {"TWO", "a b\nc"}};
    EXPECT_EQ(run(finish(start(what))).output, "ONE=1\nTWO=a b\nc\n");
    ::unsetenv("MOTE_TEST_LEAK");
}

TEST_F(child_start, gives_it_no_other_descriptor) {
    const int leaky = ::open("/etc/passwd", O_RDONLY);  // not close-on-exec
    const ran result = run_shell("exec ls /proc/self/fd");
    EXPECT_EQ(result.output, "0\n1\n2\n3\n");  // 3: what ls reads
    ::close(leaky);
}

TEST_F(child_start, gives_it_the_descriptors_that_the_command_names) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    command what = shell("echo through >&4; exec ls /proc/self/fd");
    what.descriptors = {ends[0], ends[1]};
    EXPECT_EQ(run(finish(start(what))).output, "0\n1\n2\n3\n4\n5\n");  // 5: what ls reads
    char text[16] = {};
    EXPECT_EQ(::read(ends[0], text, sizeof text), 8);
    EXPECT_STREQ(text, "through\n");
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_F(child_start, gives_it_default_signals_and_no_mask) {
    ::signal(SIGHUP, SIG_IGN);
    sigset_t blocked, before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const std::string status = run_shell("exec cat /proc/self/status").output;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGHUP, SIG_DFL);
    for (const char* line :
         {"SigBlk:\t0000000000000000\n", "SigIgn:\t0000000000000000\n", "SigCgt:\t0000000000000000\n"}) {
        EXPECT_NE(status.find(line), std::string::npos) << status;
    }
}

TEST_F(child_start, gives_it_a_session_of_its_own) {
    child process = start(shell("read line < /dev/null; exec cut -d' ' -f1,5,6 /proc/self/stat"));
    const std::string pid = std::to_string(process.pid());
    EXPECT_EQ(run(read_line(process.output())), pid + ' ' + pid + ' ' + pid);
}

TEST_F(child_start, runs_in_its_directory_or_the_root) {
    EXPECT_EQ(run_shell("pwd").output, "/\n");
    command what = shell("pwd");
    what.directory = "/usr/bin";
    EXPECT_EQ(run(finish(start(what))).output, "/usr/bin\n");
    what.program = "./sh";
    EXPECT_EQ(run(finish(start(what))).output, "/usr/bin\n") << "a relative program is relative to it";
}

TEST_F(child_pipes, take_megabytes_through_a_slow_reader) {
    constexpr std::size_t size = 8 * 1024 * 1024;
    child process = start(shell("head -c " + std::to_string(size) + " /dev/zero; echo end"));
    asio::steady_timer pause(io, 100ms);
    run(pause.async_wait(asio::use_awaitable));
    EXPECT_FALSE(process.status()) << "it waits for the reader";
    const std::string all = run(read_all(process.output()));
    EXPECT_EQ(all.size(), size + 4);
    EXPECT_TRUE(all.ends_with("end\n"));
    EXPECT_TRUE(run(process.wait()).ok());
}

asio::awaitable<void> write_and_close(asio::posix::stream_descriptor& to, std::string text) {
    co_await asio::async_write(to, asio::buffer(text), asio::as_tuple(asio::deferred));
    to.close();
}

TEST_F(child_pipes, carry_stdin_to_its_end) {
    command what{.program = "cat", .input = stream::pipe, .output = stream::pipe};
    child process = start(what);
    const std::string text(3'000'000, 'x');
    asio::co_spawn(io, write_and_close(process.input(), text), asio::detached);
    EXPECT_EQ(run(read_all(process.output())), text);
    EXPECT_TRUE(run(process.wait()).ok());
}

asio::awaitable<boost::system::error_code> write_until_error(asio::posix::stream_descriptor& to) {
    const std::string text(100'000, 'x');
    for (;;) {
        const auto [failed, count] = co_await asio::async_write(to, asio::buffer(text), asio::as_tuple(asio::deferred));
        if (failed) co_return failed;
    }
}

TEST_F(child_pipes, say_that_the_child_closed_its_stdin) {
    command what = shell("exec 0<&-; echo closed; sleep 1000");
    what.input = stream::pipe;
    child process = start(what);
    ASSERT_EQ(run(read_line(process.output())), "closed");
    EXPECT_EQ(run(write_until_error(process.input())), asio::error::broken_pipe);
}

TEST_F(child_pipes, without_a_stdin_read_its_end_at_once) { EXPECT_EQ(run_shell("cat; echo done").output, "done\n"); }

TEST_F(child_pipes, keep_stdout_and_stderr_apart) {
    command what = shell("echo out; echo err >&2");
    what.error = stream::pipe;
    child process = start(what);
    EXPECT_EQ(run(read_all(process.output())), "out\n");
    EXPECT_EQ(run(read_all(process.error())), "err\n");
}

TEST_F(child_pipes, merge_stderr_into_stdout_in_order) {
    EXPECT_EQ(run_shell("echo 1; echo 2 >&2; echo 3").output, "1\n2\n3\n");
}

TEST_F(child_pipes, merge_stderr_into_nothing) {
    command what = shell("echo 1 >&2");
    what.output = stream::null;
    child process = start(what);
    EXPECT_TRUE(run(process.wait()).ok());
    EXPECT_FALSE(process.output().is_open());
}

}  // namespace
}  // namespace mote::process::test
