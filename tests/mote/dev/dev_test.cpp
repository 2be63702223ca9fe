// `mote dev` without a terminal: what becomes of saves, builds, crashes and servers.

#include <tests/mote/dev/dev_live.hpp>

#include <tests/mote/ends_soon.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/pidfd.hpp>
#include <tests/support/processes.hpp>

#include <boost/system/system_error.hpp>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

/// Asks one endpoint without a pause, on a thread of its own, until it is stopped.
class asker {
public:
    asker(nats::blocking_connection connection, std::string subject)
        : connection_(std::move(connection)), subject_(std::move(subject)), thread_([this] { ask(); }) {}
    asker(const asker&) = delete;
    asker& operator=(const asker&) = delete;
    ~asker() { stop(); }

    void stop() {
        over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    std::vector<std::string> failures() const {
        const std::lock_guard lock(mutex_);
        return failures_;
    }
    std::size_t answered() const { return answered_; }

private:
    void ask() {
        while (!over_) {
            try {
                const auto reply = connection_.request(subject_, "");
                ++answered_;
                if (!reply.headers().empty()) fail("an error: " + std::string(reply.payload()));
            } catch (const boost::system::system_error& error) {
                fail(error.what());
            }
        }
    }
    void fail(const std::string& why) {
        const std::lock_guard lock(mutex_);
        failures_.push_back(why);
    }

    nats::blocking_connection connection_;
    std::string subject_;
    mutable std::mutex mutex_;
    std::vector<std::string> failures_;
    std::atomic<std::size_t> answered_ = 0;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

TEST_F(dev_live, starts_a_server_builds_runs_and_takes_a_save_over) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    EXPECT_TRUE(has(dev->out(), "mote      | nats-server 2."));
    EXPECT_TRUE(has(dev->out(), "with JetStream on " + url()));
    EXPECT_TRUE(has(dev->out(), "build     | $ sh build.sh"));
    EXPECT_TRUE(has(dev->out(), "service   | serves one    in " + project.string()))
        << "its directory, and nothing that moves a cursor";
    ASSERT_TRUE(dev->wait_for_output("Dev serves, 4 endpoints", patience)) << dev->output();
    EXPECT_TRUE(has(dev->out(), "nats      | [INF] Server is ready"));
    save("answer.txt", "two\n");
    EXPECT_TRUE(comes_to_answer("two")) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("the new version of Dev serves", patience)) << dev->output();
    EXPECT_TRUE(has(dev->out(), "mote      | answer.txt changed"));
    dev->kill(SIGTERM);
    const auto ended = dev->wait(patience);
    ASSERT_TRUE(ended) << dev->output();
    EXPECT_EQ(ended->code, 0) << dev->output();
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(dev->err(), "");
}

TEST_F(dev_live, no_request_fails_while_versions_are_replaced) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    std::vector<std::unique_ptr<asker>> askers;
    for (const char* const subject : {"answer", "answer", "slow", "slow", "slow"})
        askers.push_back(std::make_unique<asker>(connect(), subject));
    for (int version = 1; version <= 6; ++version) {
        save("answer.txt", "version " + std::to_string(version) + "\n");
        ASSERT_TRUE(comes_to_answer("version " + std::to_string(version))) << dev->output();
    }
    ASSERT_TRUE(holds_within(patience, [&] { return count_of(dev->out(), "the new version of Dev serves") == 6; }));
    for (const auto& each : askers) {
        each->stop();
        EXPECT_EQ(each->failures(), std::vector<std::string>());
        EXPECT_GT(each->answered(), 0U);
    }
    EXPECT_EQ(builds(), 7U);
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

TEST_F(dev_live, shows_why_a_build_fails_and_keeps_the_old_version) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    save("answer.txt", "error\n");
    ASSERT_TRUE(dev->wait_for_output("build     | answer.txt:1: an error", patience)) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("the version from before goes on", patience)) << dev->output();
    EXPECT_TRUE(has(dev->out(), "the build failed: sh build.sh: exit code 1"));
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
    save("answer.txt", "mended\n");
    EXPECT_TRUE(comes_to_answer("mended")) << dev->output();
}

TEST_F(dev_live, waits_for_a_save_when_the_first_build_fails) {
    save("answer.txt", "error\n");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("waits for a change", patience)) << dev->output();
    save("answer.txt", "mended\n");
    EXPECT_TRUE(comes_to_answer("mended")) << dev->output();
}

TEST_F(dev_live, keeps_the_old_version_when_the_new_one_does_not_start) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    save("answer.txt", "ends at once\n");
    ASSERT_TRUE(
        dev->wait_for_output("the new version ended before it served: exit code 3; the old one goes on", patience))
        << dev->output();
    EXPECT_TRUE(has(dev->out(), "service   | will not serve"));
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
    save("answer.txt", "two\n");
    EXPECT_TRUE(comes_to_answer("two")) << dev->output();
}

TEST_F(dev_live, does_not_build_for_what_is_ignored_or_built) {
    save("mote.json", project_json(R"(, "ignore": ["notes", "*.txt.new"])"));
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    for (int round = 2; round < 5; ++round) {
        const std::string text = std::to_string(round) + "\n";
        save("build/made.cpp", text);
        save(".git/index", text);
        save(".answer.txt.swp", text);
        save("answer.txt~", text);
        save("4913", text);
        save("notes/deep/file.txt", text);
        save("answer.txt.new", text);
        save("cmake-build-debug/file.cpp", text);
        // Last: what came before was seen when this is.
        save("answer.txt", text);
        ASSERT_TRUE(comes_to_answer(std::to_string(round))) << dev->output();
    }
    EXPECT_EQ(builds(), 4U) << dev->output();
    save("new/directory/file.cpp", "a source");
    ASSERT_TRUE(dev->wait_for_output("new/directory/file.cpp changed", patience)) << dev->output();
}

TEST_F(dev_live, leaves_out_what_the_build_writes_beside_the_sources) {
    const std::string script = content_of(project / "build.sh");
    // The same each time, and another each time.
    save("build.sh",
         script + "echo same > same.txt\nwc -l < " + (environment.home() / "builds").string() + " > number.txt\n");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("the build writes number.txt each time: left out", patience)) << dev->output();
    EXPECT_TRUE(has_not(dev->out(), "same.txt each time"));
    const auto before = builds();
    EXPECT_LE(before, 6U);
    save("answer.txt", "two\n");
    ASSERT_TRUE(comes_to_answer("two")) << dev->output();
    save("answer.txt", "three\n");
    ASSERT_TRUE(comes_to_answer("three")) << dev->output();
    EXPECT_EQ(builds(), before + 2) << dev->output();
}

TEST_F(dev_live, follows_its_project_file) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    save("mote.json", project_json(R"(, "env": {"GREETING": "hello"})"));
    EXPECT_TRUE(comes_to_answer("hello one")) << dev->output();
    const auto built = builds();

    save("mote.json", "{\"name\": \"Dev\",\n \"run\": [1]}\n");
    ASSERT_TRUE(dev->wait_for_output("run[0]: expected a string", patience)) << dev->output();
    save("mote.json", "{\"name\": \"Dev\",\n \"run\" [\"x\"]}\n");
    ASSERT_TRUE(dev->wait_for_output("(line 2, column 8); the settings from before stay", patience)) << dev->output();
    EXPECT_EQ(builds(), built) << "nothing to be built";
    save("answer.txt", "two\n");
    EXPECT_TRUE(comes_to_answer("hello two")) << dev->output();
    save("mote.json", project_json());
    EXPECT_TRUE(comes_to_answer("two")) << dev->output();
}

TEST_F(dev_live, says_how_the_program_crashed_and_starts_it_again) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    connect().publish("abort", "");
    ASSERT_TRUE(dev->wait_for_output("the program crashed: signal 6 (Aborted); starts it again in 250ms", patience))
        << dev->output();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    connect().publish("exit", "");
    ASSERT_TRUE(dev->wait_for_output("the program crashed: exit code 4; starts it again in 500ms", patience))
        << "sooner after the last one it waits longer\n"
        << dev->output();
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
}

TEST_F(dev_live, starts_a_crashed_program_at_once_at_the_next_save) {
    save("answer.txt", "ends at once\n");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("starts it again in 8s", patience)) << "the wait grows\n" << dev->output();
    save("answer.txt", "one\n");
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("Dev serves, 4 endpoints", patience)) << dev->output();
}

TEST_F(dev_live, says_when_there_is_no_such_program) {
    save("mote.json", R"({"run": ["./none"]})");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("service   | ./none: cannot be started: No such file", patience)) << dev->output();
    EXPECT_TRUE(dev->wait_for_output("the program crashed: exit code 127", patience)) << dev->output();
}

TEST_F(dev_live, uses_the_server_that_is_there_and_lets_it_live) {
    nats_server server;
    port = server.port();
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    EXPECT_TRUE(has(dev->out(), "uses the NATS server 2."));
    EXPECT_TRUE(has(dev->out(), "that is there, " + url()));
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
    EXPECT_TRUE(server.running());
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, hands_its_login_to_the_program) {
    nats_server_options options;
    options.user = "anna";
    options.password = "secret";
    nats_server server(options);
    port = server.port();
    const auto dev = in_pipe({"--user", "anna", "--password", "secret"});
    ASSERT_TRUE(dev->wait_for_output("Dev serves, 4 endpoints", patience)) << dev->output();
    EXPECT_TRUE(has_not(dev->output(), "secret"));
    const auto refused = run(line({"--user", "anna", "--password", "wrong"}), environment.options());
    EXPECT_EQ(refused.exit_code, 1) << "it is locked";
    EXPECT_EQ(dev->terminate(patience).code, 0);
    const auto again = run(line({"--user", "anna", "--password", "wrong"}), environment.options());
    EXPECT_EQ(again.exit_code, 4) << again.err;
}

TEST_F(dev_live, says_when_a_server_elsewhere_cannot_be_reached) {
    const auto result =
        environment.run({"dev", project.string(), "-s", "nats://127.0.0.1:1,nats://127.0.0.1:2", "--timeout", "2s"});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(is_one_line(result.err, {"cannot connect", "127.0.0.1:1"}));
}

TEST_F(dev_live, starts_its_server_again_when_that_ends) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    const auto pid_line = content_of(environment.home() / ".local/state/mote/nats-server.log");
    const pid_t server = std::stoi(pid_line.substr(pid_line.find('[') + 1));
    ASSERT_EQ(::kill(server, SIGKILL), 0);
    ASSERT_TRUE(dev->wait_for_output("nats-server ended: signal 9", patience)) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("started a NATS server on " + url(), patience)) << dev->output();
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

TEST_F(dev_live, takes_the_place_of_a_server_of_this_machine_that_goes_away) {
    std::optional<nats_server> server(std::in_place);
    port = server->port();
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    server.reset();
    ASSERT_TRUE(dev->wait_for_output("started a NATS server on " + url(), patience)) << dev->output();
    EXPECT_TRUE(comes_to_answer("one")) << dev->output();
}

TEST_F(dev_live, is_alone_in_its_directory) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    const auto second = run(line(), environment.options());
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_EQ(second.out, "");
    EXPECT_TRUE(is_one_line(
        second.err, {project.string(), "another `mote dev` runs here", "process " + std::to_string(dev->pid())}));
    dev->kill(SIGKILL);
    ASSERT_TRUE(dev->wait(patience));
    const auto again = in_pipe();
    EXPECT_TRUE(comes_to_answer("one")) << again->output();
}

TEST_F(dev_live, leaves_nothing_behind_when_it_is_killed) {
    // A shell between, a child of its own, and one that left the group and the session.
    save("run.sh", "trap '' TERM\nsleep 1000 " + environment.home().string() +
                       " 2>/dev/null || sleep 1000 &\n"
                       "setsid sh -c 'sleep 1000; true " +
                       environment.home().string() + "' &\n" DEV_SERVICE " " +
                       (project / "build" / "answer.txt").string() + "\n");
    save("mote.json", R"({"name": "Dev", "build": [["sh", "build.sh"]], "run": ["sh", "run.sh"]})");
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    ASSERT_GE(processes_with(environment.home().string()), 4U);
    dev->kill(SIGKILL);
    ASSERT_TRUE(dev->wait(patience));
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, leaves_no_build_behind_when_it_ends) {
    save("mote.json", R"({"build": [["sh", "-c", "echo begins; sleep 1000; true )" + environment.home().string() +
                          R"("]], "run": ["true"]})");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("build     | begins", patience)) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, writes_no_escapes_into_a_pipe) {
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("Dev serves, 4 endpoints", patience)) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0);
    EXPECT_EQ(dev->output().find('\x1b'), std::string::npos) << dev->output();
    const auto coloured = in_pipe({"--color", "always"});
    ASSERT_TRUE(coloured->wait_for_output("\x1b[36mserves\x1b[0m one", patience)) << "the colours of the program\n";
    EXPECT_TRUE(has(coloured->output(), "\x1b[32mservice   | \x1b[0m"));
    EXPECT_TRUE(has_not(coloured->output(), "\x1b[2K"));
}

TEST_F(dev_live, ends_at_once_when_it_is_interrupted_twice) {
    save("mote.json", R"({"run": ["sh", "-c", "trap '' TERM; echo begins; while :; do sleep 1; done; : )" +
                          environment.home().string() + R"("]})");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("service   | begins", patience)) << dev->output();
    dev->kill(SIGINT);
    ASSERT_TRUE(dev->wait_for_output("mote      | ends", patience)) << dev->output();
    dev->kill(SIGINT);
    const auto ended = dev->wait(patience);
    ASSERT_TRUE(ended) << dev->output();
    EXPECT_EQ(ended->code, 130) << dev->output();
    EXPECT_TRUE(has_not(dev->output(), "did not end within")) << "it has not waited";
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, kills_what_does_not_end) {
    save("mote.json", R"({"run": ["sh", "-c", "trap '' TERM; echo begins; while :; do sleep 1; done; : )" +
                          environment.home().string() + R"("]})");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("service   | begins", patience)) << dev->output();
    dev->kill(SIGINT);
    const auto ended = dev->wait(patience);
    ASSERT_TRUE(ended) << dev->output();
    EXPECT_EQ(ended->code, 0) << dev->output();
    EXPECT_TRUE(has(dev->output(), "the program did not end within 10s; it is killed"));
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, says_when_its_output_cannot_be_written) {
    const auto result =
        run({"/bin/sh", "-c", "exec '" MOTE_PROGRAM "' dev '" + project.string() + "' -s " + url() + " > /dev/full"},
            environment.options(), patience);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(is_one_line(result.err, {"standard output: No space left"}));
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_live, ends_when_the_reader_of_its_output_has_gone) {
    const auto result =
        run({"/bin/sh", "-c", "'" MOTE_PROGRAM "' dev '" + project.string() + "' -s " + url() + " | head -1"},
            environment.options(), patience);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(nothing_is_left());
}

}  // namespace
}  // namespace mote::test
