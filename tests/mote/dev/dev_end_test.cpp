// `mote dev`: alone in its directory, what it leaves behind, and its output.

#include <tests/mote/dev/dev_live.hpp>
#include <tests/mote/soon.hpp>

#include <tests/support/processes.hpp>

#include <csignal>

namespace mote::test {
namespace {

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
    ASSERT_TRUE(soon([&] { return processes_with(environment.home().string()) >= 4; }));
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
