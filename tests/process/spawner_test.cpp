#include <mote/process/spawner.hpp>

#include <mote/process/detail/packet_socket.hpp>
#include <mote/process/sandbox.hpp>
#include <tests/process/loop.hpp>
#include <tests/process/processes.hpp>
#include <tests/support/program.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace mote::process::test {
namespace {

/// The server without a sandbox, so that it can be tested where there is none.
class spawning : public loop {
public:
    static command server() { return {.program = MOTE_TEST_PROCESS_HELPER, .arguments = {"spawn-server"}}; }
    spawner start() { return spawner::start(io.get_executor(), server()); }
};

class spawning_in_a_sandbox : public loop {
public:
    void SetUp() override {
        if (!sandbox_available().works) mote::test::skip_or_fail("no sandbox here: " + sandbox_available().text);
    }
    static command server() {
        return in_sandbox({.program = "/run/spawn", .arguments = {"spawn-server"}},
                          {.read_only = {{MOTE_TEST_PROCESS_HELPER, "/run/spawn"}}});
    }
};

asio::awaitable<ran> run_to_end(spawner& from, command what) {
    child process = co_await from.run(std::move(what));
    co_return co_await finish(std::move(process));
}

/// A child in what can be empty, as the loop wants it.
asio::awaitable<std::optional<child>> started_by(spawner& from, command what) {
    co_return co_await from.run(std::move(what));
}

TEST_F(spawning, starts_commands_one_after_the_other) {
    spawner spawn = start();
    for (int i = 0; i < 20; ++i) {
        const ran result = run(run_to_end(spawn, shell("echo " + std::to_string(i) + "; exit " + std::to_string(i))));
        EXPECT_EQ(result.output, std::to_string(i) + "\n");
        EXPECT_EQ(result.status, (exit_status{.code = i, .signal = 0}));
    }
    EXPECT_EQ(spawn.children(), 0U);
    EXPECT_TRUE(spawn.running());
}

asio::awaitable<void> echo_text(spawner& from, std::string text, std::string& into) {
    command what{.program = "cat", .input = stream::pipe, .output = stream::pipe};
    child process = co_await from.run(what);
    co_await asio::async_write(process.input(), asio::buffer(text), asio::use_awaitable);
    process.input().close();
    into = co_await read_all(process.output());
}

TEST_F(spawning, gives_pipes_as_any_other_child) {
    spawner spawn = start();
    std::string back;
    run(echo_text(spawn, "hello", back));
    EXPECT_EQ(back, "hello");
}

TEST_F(spawning, gives_the_environment_the_directory_and_the_limits) {
    spawner spawn = start();
    command what = shell("env | grep -v -E '^(PWD|OLDPWD|SHLVL|_)='; pwd; ulimit -n; exec ls /proc/self/fd");
    what.environment = {{"A", "1"}};
    what.directory = "/usr";
    what.limits.open_files = 33;
    EXPECT_EQ(run(run_to_end(spawn, what)).output, "A=1\n/usr\n33\n0\n1\n2\n3\n");  // 3: what ls reads
}

TEST_F(spawning, does_not_give_its_socket_away) {
    spawner spawn = start();
    command what = shell("readlink /proc/self/fd/0");
    what.input = stream::inherit;
    EXPECT_EQ(run(run_to_end(spawn, what)).output, "/dev/null\n");
}

TEST_F(spawning, takes_an_environment_longer_than_a_packet) {
    spawner spawn = start();
    command what = shell("echo ${#A} ${#Z}");
    for (char name = 'A'; name <= 'Z'; ++name)
        what.environment.emplace_back(std::string(1, name), std::string(50'000, name));
    EXPECT_EQ(run(run_to_end(spawn, what)).output, "50000 50000\n");
}

TEST_F(spawning, says_why_a_command_cannot_start) {
    spawner spawn = start();
    const auto failed = [&](command what) { return error_of([&] { run(run_to_end(spawn, std::move(what))); }); };
    EXPECT_EQ(failed({.program = "no-such-program"}).first, errc::program_not_found);
    const auto [code, text] = failed({.program = "/etc/passwd"});
    EXPECT_EQ(code, errc::cannot_start);
    EXPECT_NE(text.find("exec /etc/passwd: Permission denied"), std::string::npos) << text;
    EXPECT_EQ(failed({.program = ""}).first, errc::bad_command);
    EXPECT_EQ(failed({.program = "true", .descriptors = {1}}).first, errc::bad_command);
    EXPECT_EQ(failed({.program = "true", .arguments = {std::string(9'000'000, 'x')}}).first, errc::bad_command);
    EXPECT_EQ(spawn.children(), 0U);
    EXPECT_TRUE(run(run_to_end(spawn, shell("exit 0"))).status.ok()) << "and goes on";
}

TEST_F(spawning, signals_and_stops_one_group) {
    spawner spawn = start();
    child first = *run(started_by(spawn, shell("sleep 1000 & echo $!; exec sleep 1000")));
    child second = *run(started_by(spawn, shell("echo ready; exec sleep 1000")));
    const pid_t grandchild = std::stoi(run(read_line(first.output())));
    ASSERT_EQ(run(read_line(second.output())), "ready");
    EXPECT_EQ(spawn.children(), 2U);
    EXPECT_EQ(run(first.stop(20s)).signal, SIGTERM);
    EXPECT_TRUE(becomes_true([&] { return !is_alive(grandchild); }));
    EXPECT_FALSE(second.status());
    second.signal(SIGKILL);
    EXPECT_EQ(run(second.wait()).code, 137);
}

TEST_F(spawning, kills_what_ignores_the_stop) {
    spawner spawn = start();
    child process = *run(started_by(spawn, shell("trap '' TERM; echo ready; while :; do sleep 0.01; done")));
    ASSERT_EQ(run(read_line(process.output())), "ready");
    EXPECT_EQ(run(process.stop(50ms)).signal, SIGKILL);
}

TEST_F(spawning, kills_a_child_that_is_destroyed) {
    spawner spawn = start();
    pid_t pid = 0;
    {
        const child process = *run(started_by(spawn, shell("exec sleep 1000")));
        pid = process.pid();
    }
    run_until([&] { return !is_alive(pid) && spawn.children() == 0; });
}

TEST_F(spawning, kills_what_a_cancelled_call_started) {
    spawner spawn = start();
    asio::cancellation_signal cancel;
    bool done = false;
    asio::co_spawn(io, started_by(spawn, shell("exec sleep 1000")),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, auto&&...) {
                       EXPECT_TRUE(error);
                       done = true;
                   }));
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    run_until([&] { return done; });
    EXPECT_TRUE(run(run_to_end(spawn, shell("exit 0"))).status.ok());
    run_until([&] { return spawn.children() == 0; });
}

TEST_F(spawning, its_end_ends_every_call_and_every_child) {
    spawner spawn = start();
    child process = *run(started_by(spawn, shell("exec sleep 1000")));
    const pid_t pid = process.pid();
    std::optional<exit_status> status;
    std::exception_ptr failed;
    asio::co_spawn(io, process.wait(), [&](std::exception_ptr, exit_status value) { status = value; });
    ::kill(spawn.pid(), SIGSTOP);  // it cannot answer any more
    asio::co_spawn(io, started_by(spawn, shell("exit 0")),
                   [&](std::exception_ptr error, auto&&...) { failed = error; });
    io.poll();
    ::kill(spawn.pid(), SIGKILL);
    run_until([&] { return status && failed; });
    EXPECT_EQ(status->signal, SIGKILL);
    const auto [code, text] = error_of([&] { std::rethrow_exception(failed); });
    EXPECT_EQ(code, errc::cannot_start);
    EXPECT_NE(text.find("the spawner ended"), std::string::npos) << text;
    EXPECT_FALSE(spawn.running());
    run(spawn.ended());
    EXPECT_TRUE(becomes_true([&] { return !is_alive(pid); }));
    EXPECT_EQ(error_of([&] { run(run_to_end(spawn, shell("exit 0"))); }).first, errc::cannot_start);
}

TEST_F(spawning, destroying_it_ends_all) {
    std::optional<spawner> spawn(start());
    child process = *run(started_by(*spawn, shell("exec sleep 1000")));
    const pid_t pid = process.pid();
    spawn.reset();
    EXPECT_EQ(run(process.wait()).signal, SIGKILL);
    process.signal(SIGTERM);  // does nothing
    EXPECT_TRUE(becomes_true([&] { return !is_alive(pid); }));
    run_until([] { return count_children() == 0; });
}

TEST_F(spawning, a_server_that_is_none_ends_the_calls) {
    const command none{.program = "true"};
    spawner spawn = spawner::start(io.get_executor(), none);
    EXPECT_EQ(error_of([&] { run(run_to_end(spawn, shell("exit 0"))); }).first, errc::cannot_start);
    EXPECT_EQ(error_of([&] { spawner::start(io.get_executor(), {.program = "no-such-program"}); }).first,
              errc::program_not_found);
    EXPECT_EQ(error_of([&] { spawner::start(io.get_executor(), {.program = "true", .output = stream::pipe}); }).first,
              errc::bad_command);
}

/// With a server that is held, as one of its children may do to it.
class held {
public:
    explicit held(pid_t pid) : pid_(pid) { ::kill(pid_, SIGSTOP); }
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    ~held() { ::kill(pid_, SIGCONT); }

private:
    pid_t pid_;
};

asio::awaitable<std::optional<child>> started_until(spawner& from, command what,
                                                    std::chrono::steady_clock::time_point until) {
    co_return co_await from.run(std::move(what), until);
}

TEST_F(spawning, a_start_that_is_not_answered_in_time_fails_and_what_it_starts_late_is_killed) {
    spawner spawn = start();
    EXPECT_TRUE(run(run_to_end(spawn, shell("exit 0"))).status.ok());
    {
        const held stopped(spawn.pid());
        const auto until = std::chrono::steady_clock::now() + 50ms;
        const auto late = [&] { run(started_until(spawn, shell("exec sleep 1000"), until)); };
        EXPECT_EQ(error_of(late).first, errc::no_answer);
    }
    EXPECT_TRUE(run(run_to_end(spawn, shell("exit 0"))).status.ok()) << "and goes on";
    run_until([&] { return spawn.children() == 0; });  // the late one was started before
    EXPECT_FALSE(spawn.silent());
}

TEST_F(spawning, a_server_that_says_nothing_is_ended) {
    spawner spawn = spawner::start(io.get_executor(), server(), 3s);
    EXPECT_TRUE(run(run_to_end(spawn, shell("exit 0"))).status.ok());
    const held stopped(spawn.pid());
    const auto [code, text] = error_of([&] { run(run_to_end(spawn, shell("exit 0"))); });
    EXPECT_EQ(code, errc::cannot_start);
    EXPECT_NE(text.find("does not answer"), std::string::npos) << text;
    EXPECT_TRUE(spawn.silent());
    EXPECT_FALSE(spawn.running());
}

TEST_F(spawning, a_server_that_nobody_waits_for_may_be_silent) {
    spawner spawn = spawner::start(io.get_executor(), server(), 3s);
    child process = *run(started_by(spawn, shell("exec sleep 1000")));
    asio::steady_timer pause(io, 4s);
    bool over = false;
    pause.async_wait([&](const boost::system::error_code&) { over = true; });
    run_until([&] { return over; });
    EXPECT_TRUE(spawn.running());
    EXPECT_EQ(run(process.stop(20s)).signal, SIGTERM);
}

asio::awaitable<void> count_run(spawner& from, int code, int& right, int& done) {
    const ran result = co_await run_to_end(from, shell("echo x; exit " + std::to_string(code)));
    if (result.output == "x\n" && result.status.code == code) ++right;
    ++done;
}

TEST_F(spawning, a_flood_of_starts_is_answered_to_the_last) {
    constexpr int many = 1000;
    spawner spawn = start();
    int right = 0, done = 0;
    for (int i = 0; i < many; ++i) asio::co_spawn(io, count_run(spawn, i % 50, right, done), asio::detached);
    run_until([&] { return done == many; });
    EXPECT_EQ(right, many);
    EXPECT_EQ(spawn.children(), 0U);
}

/// The server alone, with what no client sends.
class spawn_server_alone : public ::testing::Test {
public:
    spawn_server_alone() {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        command what = spawning::server();
        what.input = stream::inherit;
        saved = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
        ::dup2(ends[1], 0);
        server.emplace(child::start(io.get_executor(), what));
        ::dup2(saved, 0);
        ::close(saved);
        ::close(ends[1]);
    }
    ~spawn_server_alone() override { ::close(ends[0]); }

    void send(std::string_view bytes, std::vector<int> descriptors = {}) const {
        EXPECT_EQ(detail::send_packet(ends[0], bytes, descriptors, 0), detail::io_result::done);
    }
    std::optional<detail::to_client> answer() const {
        std::string buffer(detail::longest_packet, '\0');
        detail::packet got;
        EXPECT_EQ(detail::receive_packet(ends[0], buffer, got, 0), detail::io_result::done);
        return detail::decode_to_client(got.bytes);
    }
    static detail::start_message start_of(std::uint64_t id, std::string program) {
        detail::start_message message{.id = id};
        message.what.program = std::move(program);
        return message;
    }

    asio::io_context io{1};
    int ends[2] = {-1, -1};
    int saved = -1;
    std::optional<child> server;
};

TEST_F(spawn_server_alone, survives_nonsense) {
    send("nonsense");
    send(std::string(60'000, '\xff'));
    send(detail::encode_large());
    send(detail::encode_large(), {0});
    send(detail::encode(detail::signal_message{.id = 12345, .number = 9}));
    send(std::string_view(detail::encode(start_of(1, "true"))).substr(0, 20));
    send(detail::encode(start_of(2, "true")), {0, 0, 0});
    const auto started = answer();
    ASSERT_TRUE(started);
    EXPECT_EQ(std::get<detail::started_message>(*started).id, 2U);
    EXPECT_EQ(std::get<detail::ended_message>(*answer()).code, 0);
}

TEST_F(spawn_server_alone, refuses_a_pipe_without_a_descriptor_and_a_number_twice) {
    auto message = start_of(3, "sleep");
    message.what.arguments = {"1000"};
    message.what.output = stream::pipe;
    send(detail::encode(message));
    EXPECT_EQ(std::get<detail::failed_message>(*answer()).code, static_cast<int>(errc::bad_command));
    message.what.output = stream::null;
    send(detail::encode(message));
    EXPECT_EQ(std::get<detail::started_message>(*answer()).id, 3U);
    send(detail::encode(message));
    EXPECT_EQ(std::get<detail::failed_message>(*answer()).code, static_cast<int>(errc::bad_command));
}

TEST_F(spawn_server_alone, kills_all_and_ends_when_its_client_goes) {
    auto message = start_of(4, "sleep");
    message.what.arguments = {"1000"};
    send(detail::encode(message));
    const pid_t pid = std::get<detail::started_message>(*answer()).pid;
    ::shutdown(ends[0], SHUT_RDWR);
    EXPECT_TRUE(becomes_true([&] { return !is_alive(pid); }));
    EXPECT_TRUE(becomes_true([&] {
        io.poll();
        return server->status().has_value();
    }));
    EXPECT_EQ(*server->status(), (exit_status{.code = 0, .signal = 0}));
}

TEST(spawn_server, refuses_what_is_no_socket_of_a_spawner) {
    EXPECT_EQ(run_spawn_server(-1), 2);
    const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    EXPECT_EQ(run_spawn_server(file), 2);
    ::close(file);
}

TEST_F(spawning_in_a_sandbox, starts_commands_inside) {
    spawner spawn = spawner::start(io.get_executor(), server());
    EXPECT_EQ(
        run(run_to_end(spawn, shell("id -un; pwd; ls /home; grep CapEff /proc/self/status | tr -d '\\t'"))).output,
        "app\n/home/app\napp\nCapEff:0000000000000000\n");
}

TEST_F(spawning_in_a_sandbox, what_it_starts_cannot_look_into_the_server) {
    spawner spawn = spawner::start(io.get_executor(), server());
    const ran result =
        run(run_to_end(spawn, shell("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -q '^/run/spawn' && "
                                    "(ls $p/fd > /dev/null 2>&1 && echo open || echo closed); done")));
    EXPECT_EQ(result.output, "closed\n");
}

TEST_F(spawning_in_a_sandbox, its_end_takes_what_made_a_session_of_its_own) {
    std::optional<spawner> spawn(spawner::start(io.get_executor(), server()));
    const std::string length = "7652." + std::to_string(::getpid());
    child process =
        *run(started_by(*spawn, shell("setsid sleep " + length + " > /dev/null 2>&1 & echo ready; exec sleep 1000")));
    ASSERT_EQ(run(read_line(process.output())), "ready");
    const auto there = [&] {
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            std::ifstream file(entry.path() / "cmdline");
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            if (text == std::string("sleep\0", 6) + length + '\0') return true;
        }
        return false;
    };
    EXPECT_TRUE(becomes_true(there));
    spawn.reset();
    EXPECT_TRUE(becomes_true([&] { return !there(); }));
}

}  // namespace
}  // namespace mote::process::test
