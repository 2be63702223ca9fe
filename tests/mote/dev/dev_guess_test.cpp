// `mote dev` in directories without mote.json.

#include <tests/mote/dev/dev_live.hpp>

#include <csignal>

namespace mote::test {
namespace {

class dev_guess : public dev_live {
protected:
    void SetUp() override {
        dev_live::SetUp();
        if (!IsSkipped() && !HasFatalFailure()) std::filesystem::remove_all(project);
    }
    void save_cmake_project(const std::string& targets) const {
        save(
            "CMakePresets.json",
            R"({"version": 3, "configurePresets": [{"name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/build/dev"}],)"
            R"("buildPresets": [{"name": "dev", "configurePreset": "dev"}]})");
        save("CMakeLists.txt", "cmake_minimum_required(VERSION 3.20)\nproject(x C)\n" + targets);
    }
};

TEST_F(dev_guess, builds_with_presets_and_runs_the_program_that_cmake_names) {
    save_cmake_project("add_executable(hello hello.c)\nadd_executable(hello_test hello.c)\n");
    const auto hello = [](const std::string& text) {
        return "#include <stdio.h>\n#include <unistd.h>\nint main(void) { puts(\"" + text +
               "\"); fflush(stdout); pause(); }\n";
    };
    save("hello.c", hello("first text"));
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("service   | first text", patience)) << dev->output();
    EXPECT_TRUE(has(dev->out(), "(CMakePresets.json, preset dev)"));
    save("hello.c", hello("second text"));
    ASSERT_TRUE(dev->wait_for_output("service   | second text", patience)) << dev->output();
    EXPECT_EQ(count_of(dev->out(), "$ cmake --preset dev"), 1U) << "nothing that it reads had changed";
    save("hello.c", "int main(void) { return 0 }\n");
    ASSERT_TRUE(dev->wait_for_output("hello.c:1:", patience)) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("the build failed: cmake --build --preset dev: exit code 1", patience))
        << dev->output();
    save("hello.c", hello("third text"));
    save_cmake_project("add_executable(hello hello.c)\nadd_compile_definitions(OTHER)\n");
    ASSERT_TRUE(dev->wait_for_output("service   | third text", patience)) << dev->output();
    EXPECT_GE(count_of(dev->out(), "$ cmake --preset dev"), 2U);
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_guess, asks_which_of_several_programs_to_run) {
    save_cmake_project("add_executable(one a.c)\nadd_executable(two a.c)\n");
    save("a.c", "int main(void) { return 0; }\n");
    const auto result = run(line(), environment.options(), patience);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    EXPECT_TRUE(is_one_line(result.err, {"several programs", "build/dev/one", "build/dev/two", "--run CMD"}));
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_guess, runs_a_python_program_and_what_the_command_line_says) {
    save("hello.py", "import os, time\nprint('python at', os.environ['NATS_URL'])\ntime.sleep(1000)\n");
    const auto dev = in_pipe();
    ASSERT_TRUE(dev->wait_for_output("service   | python at " + url(), patience)) << dev->output();
    save("hello.py", "print('the end')\n");
    ASSERT_TRUE(dev->wait_for_output("the program ended by itself: exit code 0", patience)) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();

    const auto other = in_pipe({"--build", "echo built by a shell && true", "--run", "echo runs; exec sleep 1000"});
    ASSERT_TRUE(other->wait_for_output("build     | built by a shell", patience)) << other->output();
    ASSERT_TRUE(other->wait_for_output("service   | runs", patience)) << other->output();
    EXPECT_EQ(other->terminate(patience).code, 0) << other->output();
}

}  // namespace
}  // namespace mote::test
