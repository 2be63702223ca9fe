// `mote dev` without a terminal: what becomes of saves, builds and crashes.

#include <tests/mote/dev/dev_live.hpp>

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
    ASSERT_TRUE(dev->wait_for_output("serves one", patience)) << dev->output();
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
    EXPECT_TRUE(holds_within(patience, [&] { return count_of(dev->out(), "the new version of Dev serves") >= 5; }))
        << dev->output();
    for (const auto& each : askers) {
        each->stop();
        EXPECT_EQ(each->failures(), std::vector<std::string>()) << dev->output();
        EXPECT_GT(each->answered(), 0U);
    }
    EXPECT_GE(builds(), 7U) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

TEST_F(dev_live, no_request_fails_when_saves_come_faster_than_versions) {
    const auto dev = in_pipe();
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    asker asking(connect(), "answer");
    for (std::size_t version = 1; version <= 10; ++version) {
        const auto before = builds();
        save("answer.txt", "version " + std::to_string(version) + "\n");
        // The next save, when this one is built and its version may be at any stage of its start.
        ASSERT_TRUE(holds_within(patience, [&] { return builds() > before; })) << dev->output();
    }
    ASSERT_TRUE(comes_to_answer("version 10")) << dev->output();
    asking.stop();
    EXPECT_EQ(asking.failures(), std::vector<std::string>()) << dev->output();
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

TEST_F(dev_live, does_not_go_round_for_what_the_build_writes_beside_the_sources) {
    const std::string script = content_of(project / "build.sh");
    // The same each time, and another each time.
    save("build.sh",
         script + "echo same > same.txt\nwc -l < " + (environment.home() / "builds").string() + " > number.txt\n");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("the build seems to write number.txt each time", patience)) << dev->output();
    EXPECT_TRUE(has_not(dev->out(), "same.txt each time"));
    EXPECT_GE(builds(), 5U);
    EXPECT_LE(builds(), 12U) << "it was not sure before, and waits ever longer from now on";
    save("answer.txt", "two\n");
    ASSERT_TRUE(comes_to_answer("two")) << dev->output();
    save("mote.json", project_json(R"(, "ignore": ["number.txt", "same.txt"])"));
    ASSERT_TRUE(dev->wait_for_output("mote.json changed", patience)) << dev->output();
    save("answer.txt", "three\n");
    ASSERT_TRUE(comes_to_answer("three")) << dev->output();
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

}  // namespace
}  // namespace mote::test
