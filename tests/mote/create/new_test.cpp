// `mote new` as it is typed.

#include <tests/mote/command.hpp>

#include <boost/json/value_to.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace mote::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class mote_new : public testing::Test {
protected:
    run_result make(std::vector<std::string> arguments, std::map<std::string, std::string> env = {}) const {
        arguments.insert(arguments.begin(), "new");
        process_options options = environment.options(std::move(env));
        options.cwd = directory.path();
        return test::run(command_environment::line(std::move(arguments)), options, 30s);
    }
    std::string text(const std::string& path) const {
        std::ifstream in(directory.path() / path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    bool is_empty() const { return fs::is_empty(directory.path()); }

    command_environment environment;
    temp_dir directory;
};

TEST_F(mote_new, says_what_it_made_and_the_three_commands_that_come_next) {
    const auto made = make({"hello"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_EQ(
        made.out,
        "hello/.gitignore\nhello/CMakeLists.txt\nhello/CMakePresets.json\nhello/README.md\nhello/main.cpp\n"
        "hello/mote.json\nhello/service.cpp\nhello/service.hpp\nhello/service_fixture.hpp\nhello/service_test.cpp\n");
    EXPECT_TRUE(has(made.err,
                    "Made hello, a NATS micro service in C++. Next:\n"
                    "  cd hello\n"
                    "  mote dev    # leave it running; the next one in another terminal\n"
                    "  mote req hello greet World\n"));
    for (const auto& row : cells(made.out)) EXPECT_TRUE(fs::exists(directory.path() / row.at(0))) << row.at(0);
    EXPECT_TRUE(has(text("hello/service.cpp"), R"(.name = "hello")"));
    EXPECT_FALSE(has(text("hello/CMakePresets.json"), "CMAKE_PREFIX_PATH")) << "it was not installed";
}

TEST_F(mote_new, says_when_the_library_is_nowhere_and_how_it_is_found) {
    const auto made = make({"hello"});
    const bool installed = fs::exists("/usr/lib/cmake/mote") || fs::exists("/usr/local/lib/cmake/mote") ||
                           fs::exists("/usr/lib/x86_64-linux-gnu/cmake/mote");
    EXPECT_NE(installed, static_cast<bool>(has(made.err, "mote: the library is not installed where CMake looks; ")));
    EXPECT_TRUE(has_not(make({"second"}, {{"CMAKE_PREFIX_PATH", "/opt/mote"}}).err, "mote: "));
    EXPECT_TRUE(has_not(make({"third", "--lang", "go"}).err, "mote: "));
}

TEST_F(mote_new, prints_one_json_document) {
    const auto made = make({"orders", "--typed", "--dir", "services/my orders", "--json"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const auto told = boost::json::parse(made.out);
    EXPECT_EQ(text_at(told, "name"), "orders");
    EXPECT_EQ(text_at(told, "directory"), "services/my orders");
    EXPECT_EQ(text_at(told, "kind"), "typed");
    EXPECT_EQ(text_at(told, "language"), "cpp");
    for (const auto& file : told.at("files").as_array())
        EXPECT_TRUE(fs::exists(directory.path() / "services/my orders" / boost::json::value_to<std::string>(file)));
    EXPECT_EQ(boost::json::value_to<std::vector<std::string>>(told.at("next")),
              (std::vector<std::string>{"cd 'services/my orders'", "mote dev",
                                        R"(mote req orders greet '{"name": "Ada", "born": 1815}')"}));
    EXPECT_TRUE(has_not(made.err, "Made"));
}

TEST_F(mote_new, makes_a_function_that_is_deployed) {
    const auto made = make({"shout", "--function", "--lang", "python"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_TRUE(has(made.err, "  cd shout && mote deploy -f stack.yml\n  mote invoke shout Ada\n"));
    EXPECT_TRUE(fs::exists(directory.path() / "shout/function/handler.py"));
}

TEST_F(mote_new, fills_an_empty_directory_that_is_there) {
    EXPECT_EQ(make({"hello", "--dir", "."}).exit_code, 0);
    EXPECT_TRUE(fs::exists(directory.path() / "mote.json"));
}

TEST_F(mote_new, refuses_a_directory_that_is_not_empty) {
    ASSERT_EQ(make({"hello"}).exit_code, 0);
    const std::string before = text("hello/service.cpp");
    const auto again = make({"hello", "--lang", "go"});
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_EQ(again.out, "");
    EXPECT_TRUE(
        is_one_line(again.err, {"hello: is not empty, it has .gitignore, CMakeLists.txt, CMakePresets.json and 7 "
                                "more; choose another NAME"}));
    EXPECT_EQ(text("hello/service.cpp"), before);
    EXPECT_FALSE(fs::exists(directory.path() / "hello/go.mod"));
}

TEST_F(mote_new, refuses_a_wrong_use_and_writes_nothing) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
        {{}, "NAME"},
        {{"a", "b"}, "b"},
        {{"my service"}, "try my-service"},
        {{""}, "is empty"},
        {{"a/b"}, "mote new b --dir a/b"},
        {{"--", "-x"}, "begins with a letter or a digit; try x"},
        {{"Shout", "--function"}, "try shout"},
        {{"hello", "--typed", "--worker"}, "excludes"},
        {{"hello", "--http", "--function"}, "excludes"},
        {{"hello", "--lang", "rust"}, "rust"},
        {{"hello", "--typed", "--lang", "go"}, "the official client for Go has no typed endpoints"},
        {{"hello", "--typed", "--lang", "js"}, "the official client for JavaScript has no typed endpoints"},
        {{"hello", "--prefix", "nowhere"}, "the library is not there"},
        {{"hello", "--lang", "js", "--prefix", "nowhere"}, "only C++ projects use the library"},
        {{"hello", "--nonsense"}, "--nonsense"}};
    for (const auto& [arguments, part] : wrong) {
        const auto refused = make(arguments);
        EXPECT_EQ(refused.exit_code, 2) << part;
        EXPECT_EQ(refused.out, "") << part;
        EXPECT_TRUE(is_one_line(refused.err, {part}));
    }
    EXPECT_TRUE(is_empty());
}

TEST_F(mote_new, leaves_nothing_behind_where_it_cannot_write) {
    std::ofstream(directory.path() / "file") << "kept";
    const auto refused = make({"hello", "--dir", "file/hello"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_TRUE(is_one_line(refused.err, {"cannot be made: File exists; nothing was left behind"}));
    EXPECT_EQ(text("file"), "kept");
}

TEST_F(mote_new, finds_the_library_that_it_was_installed_with) {
    // A prefix as `cmake --install` makes it, as far as it matters here: the program, and the library's package file.
    const fs::path prefix = environment.home() / "opt";
    fs::create_directories(prefix / "bin");
    fs::create_directories(prefix / "lib/cmake/mote");
    std::ofstream(prefix / "lib/cmake/mote/mote-config.cmake") << "# a test's\n";
    fs::copy_file(MOTE_PROGRAM, prefix / "bin/mote");
    process_options options = environment.options();
    options.cwd = directory.path();
    const auto made = test::run({(prefix / "bin/mote").string(), "new", "hello"}, options, 30s);
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_TRUE(has(text("hello/CMakePresets.json"), R"("CMAKE_PREFIX_PATH": "$env{HOME}/opt")"));
    EXPECT_TRUE(has_not(made.err, "mote: "));
    EXPECT_EQ(make({"second", "--prefix", prefix.string()}).exit_code, 0);
    EXPECT_EQ(text("second/CMakePresets.json"), text("hello/CMakePresets.json"));
}

TEST_F(mote_new, has_help_with_examples) {
    const auto help = make({"--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_TRUE(has(help.out, "mote new orders --typed --dir services/orders"));
    EXPECT_TRUE(has(help.out, "--worker"));
}

}  // namespace
}  // namespace mote::test
