// What `mote dev` takes for a project, and how it says what is wrong with one.

#include <tests/mote/command.hpp>
#include <tests/mote/dev/dev_files.hpp>

#include <apps/mote/dev/cmake_build.hpp>
#include <apps/mote/dev/dev_server.hpp>
#include <apps/mote/dev/project.hpp>

namespace mote::test {
namespace {

using command::exit_code;
using command::words;

class dev_project : public testing::Test {
protected:
    void save(const std::filesystem::path& name, const std::string& text) const { put(directory.path() / name, text); }
    command::project found(std::vector<std::string> build = {}, std::string program = {}) const {
        command::dev_command chosen;
        chosen.directory = directory.path().string();
        chosen.build = std::move(build);
        chosen.program = std::move(program);
        return command::find_project(chosen);
    }
    /// The one line that says why there is none.
    std::string refusal() const {
        try {
            found();
        } catch (const command::failure& failed) {
            EXPECT_EQ(failed.code(), exit_code::usage);
            return failed.what();
        }
        return "it is taken";
    }

    temp_dir directory;
};

TEST_F(dev_project, is_what_its_file_says) {
    save("mote.json",
         R"({"name": "orders", "build": [["cmake", "--preset", "dev"], ["ninja"]], "run": ["./orders", "-v"],
        "watch": ["src", "*.json"], "ignore": ["*.gen.cpp"], "env": {"LEVEL": "debug"}, "$schema": "any"})");
    const auto read = found();
    EXPECT_EQ(read.from, "mote.json");
    EXPECT_EQ(read.name, "orders");
    EXPECT_EQ(read.build, (std::vector<words>{{"cmake", "--preset", "dev"}, {"ninja"}}));
    EXPECT_EQ(read.run, (words{"./orders", "-v"}));
    EXPECT_EQ(read.watch, (std::vector<std::string>{"src", "*.json"}));
    EXPECT_EQ(read.ignore, std::vector<std::string>{"*.gen.cpp"});
    EXPECT_EQ(read.environment, (std::map<std::string, std::string>{{"LEVEL", "debug"}}));
}

TEST_F(dev_project, gives_way_to_the_command_line) {
    save("mote.json", R"({"name": "orders", "build": [["ninja"]], "run": ["./orders"]})");
    const auto read = found({"make one", "make two"}, "./other -v");
    EXPECT_EQ(read.build, (std::vector<words>{{"/bin/sh", "-c", "make one"}, {"/bin/sh", "-c", "make two"}}));
    EXPECT_EQ(read.run, (words{"/bin/sh", "-c", "./other -v"}));
    EXPECT_EQ(read.name, "orders");
}

TEST_F(dev_project, names_the_field_that_is_wrong) {
    const auto refused = [&](const std::string& text) {
        save("mote.json", text);
        return refusal();
    };
    EXPECT_TRUE(has(refused("{\n  \"name\": \"a\"\n  \"run\": []}"), "mote.json: "));
    EXPECT_TRUE(has(refused("{\n  \"name\": \"a\"\n  \"run\": []}"), "(line 3, column 3)"));
    EXPECT_TRUE(has(refused(R"({"build": [["a"], "b"], "run": ["x"]})"), "build[1]: expected an array, got a string"));
    EXPECT_TRUE(has(refused(R"({"build": [["a"], []], "run": ["x"]})"), "build[1]: a command without a program"));
    EXPECT_TRUE(has(refused(R"({"run": "x"})"), "run: expected an array"));
    EXPECT_TRUE(has(refused(R"({"name": "a"})"), "run: is required"));
    EXPECT_TRUE(has(refused(R"({"name": 1, "run": ["x"]})"), "name: expected a string, got 1"));
    EXPECT_TRUE(has(refused(R"({"run": ["x"], "wach": []})"), "wach: no such member; did you mean watch?"));
    EXPECT_TRUE(has(refused(R"({"run": ["x"], "env": {"A": 1}})"), "env.A: expected a string"));
    EXPECT_TRUE(has(refused(R"({"run": ["x"], "env": {"A=B": ""}})"), "env: not a variable: \"A=B\""));
    EXPECT_TRUE(has(refused(R"({"run": ["x"], "watch": ["a", "../b"]})"), "watch[1]: not a path in the project"));
    EXPECT_TRUE(has(refused(R"({"run": ["x"], "ignore": ["/a"]})"), "ignore[0]: not a path in the project: \"/a\""));
    EXPECT_TRUE(has(refused("[]"), "expected an object"));
    EXPECT_TRUE(has(refused(""), "mote.json: "));
}

TEST_F(dev_project, is_guessed_from_presets) {
    save("CMakePresets.json", R"({"version": 3, "configurePresets": [
        {"name": "base", "hidden": true, "binaryDir": "${sourceDir}/out/${presetName}"},
        {"name": "release", "inherits": "base"}, {"name": "dev", "inherits": ["base"]}],
        "buildPresets": [{"name": "dev-build", "configurePreset": "dev"}]})");
    auto read = found();
    EXPECT_EQ(read.build,
              (std::vector<words>{{"cmake", "--preset", "dev"}, {"cmake", "--build", "--preset", "dev-build"}}));
    EXPECT_EQ(read.binary_directory, (directory.path() / "out/dev").string());
    EXPECT_TRUE(read.run.empty()) << "CMake says it, when it has built";
    read = found({}, "./x");
    EXPECT_EQ(read.run, (words{"/bin/sh", "-c", "./x"}));

    save("CMakePresets.json", R"({"configurePresets": [{"name": "only", "binaryDir": "build/$env{WHERE}"}]})");
    EXPECT_TRUE(has(refusal(), "preset only has no build preset, nor a binaryDir that is known"));
    save("CMakePresets.json", "{}");
    EXPECT_TRUE(has(refusal(), "--build CMD and --run CMD"));
}

TEST_F(dev_project, is_guessed_from_a_go_module) {
    save("go.mod", "module example.org/shop/orders\n\ngo 1.21\n");
    EXPECT_TRUE(has(refusal(), "no package main"));
    save("main.go", "// A program.\npackage main\n");
    EXPECT_EQ(found().build, (std::vector<words>{{"go", "build", "-o", "build/orders", "."}}));
    EXPECT_EQ(found().run, words{"build/orders"});
    save("cmd/other/main.go", "package main\n");
    EXPECT_TRUE(has(refusal(), "several programs: ., ./cmd/other"));
}

TEST_F(dev_project, is_guessed_from_a_package_of_node) {
    save("package.json", R"({"name": "x"})");
    EXPECT_TRUE(has(refusal(), "neither a script \"start\" nor \"main\""));
    save("index.js", "");
    EXPECT_EQ(found().run, (words{"node", "index.js"}));
    save("package.json", R"({"main": "lib/a.js"})");
    EXPECT_EQ(found().run, (words{"node", "lib/a.js"}));
    save("package.json", R"({"main": "a.js", "scripts": {"start": "x", "build": "y"}})");
    EXPECT_EQ(found().run, (words{"npm", "run", "--silent", "start"}));
    EXPECT_EQ(found().build, (std::vector<words>{{"npm", "run", "--silent", "build"}}));
    save("package.json", "{");
    EXPECT_TRUE(has(refusal(), "package.json is not a JSON object"));
}

TEST_F(dev_project, is_guessed_from_a_python_program) {
    EXPECT_TRUE(has(refusal(), "no mote.json, CMakePresets.json, go.mod, package.json or *.py here"));
    save("hello.py", "");
    EXPECT_EQ(found().run, (words{"python3", "hello.py"}));
    save("other.py", "");
    EXPECT_TRUE(has(refusal(), "which one is the program: hello.py, other.py"));
    save("main.py", "");
    EXPECT_EQ(found().run, (words{"python3", "main.py"}));
}

TEST(dev_cmake, knows_what_configures_a_build) {
    EXPECT_TRUE(command::configures({"cmake", "--preset", "dev"}));
    EXPECT_TRUE(command::configures({"/usr/bin/cmake", "-S", ".", "-Bbuild"}));
    EXPECT_FALSE(command::configures({"cmake", "--build", "--preset", "dev"}));
    EXPECT_FALSE(command::configures({"cmake", "-E", "copy", "-B"}));
    EXPECT_FALSE(command::configures({"ninja", "-B"}));
}

TEST(dev_address, is_of_this_machine_or_not) {
    using command::local_port_of;
    EXPECT_EQ(local_port_of({"nats://127.0.0.1:4333"}), 4333);
    EXPECT_EQ(local_port_of({"nats://user:p@ss@localhost:4333/"}), 4333);
    EXPECT_EQ(local_port_of({"localhost"}), 4222);
    EXPECT_EQ(local_port_of({"tls://localhost:4222"}), std::nullopt);
    EXPECT_EQ(local_port_of({"nats://demo.nats.io:4222"}), std::nullopt);
    EXPECT_EQ(local_port_of({"localhost:1", "localhost:2"}), std::nullopt);
    EXPECT_EQ(local_port_of({"localhost:99999"}), std::nullopt);
}

TEST(dev_command_line, refuses_what_makes_no_sense) {
    const command_environment environment;
    const temp_dir empty;
    auto result = environment.run({"dev", (empty.path() / "none").string()});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"none: No such file or directory"}));
    result = environment.run({"dev", empty.path().string()});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"--build CMD", "--run CMD", "mote.json"}));
    put(empty.path() / "a.py", "");
    result = environment.run({"dev", empty.path().string(), "--functions"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_one_line(result.err, {"no stack.yml", "--functions"}));
    result = environment.run({"dev", "--name", "a b"});
    EXPECT_EQ(result.exit_code, 2);
    result = environment.run({"dev", "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.out, "mote dev --build 'make -s' --run ./hello --name hello"));
}

}  // namespace
}  // namespace mote::test
