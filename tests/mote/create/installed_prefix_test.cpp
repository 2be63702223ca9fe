#include <apps/mote/create/installed_prefix.hpp>
#include <apps/mote/exit_code.hpp>
#include <tests/mote/command.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

/// A prefix with nothing but CMake's package file of the library, under `libraries`.
void install_into(const fs::path& prefix, const fs::path& libraries) {
    fs::create_directories(prefix / libraries / "cmake" / "mote");
    std::ofstream(prefix / libraries / "cmake" / "mote" / "mote-config.cmake") << "# a test's\n";
}

TEST(installed_prefix, has_the_library_wherever_systems_put_it) {
    for (const char* const libraries : {"lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"}) {
        const test::temp_dir prefix;
        EXPECT_FALSE(has_library(prefix.path()));
        install_into(prefix.path(), libraries);
        EXPECT_TRUE(has_library(prefix.path())) << libraries;
        EXPECT_EQ(library_prefix(prefix.path().string() + "/"), prefix.path()) << libraries;
    }
}

TEST(installed_prefix, that_is_chosen_has_to_have_the_library) {
    const test::temp_dir prefix;
    try {
        library_prefix(prefix.path().string());
        FAIL() << "it was taken";
    } catch (const failure& refused) {
        EXPECT_EQ(refused.code(), exit_code::usage);
        EXPECT_TRUE(test::has(refused.what(), prefix.path().string() + ": the library is not there: "));
    }
}

TEST(installed_prefix, of_a_program_that_lies_in_no_prefix_is_none) {
    EXPECT_EQ(library_prefix(""), fs::path()) << "this test lies in a build folder";
}

TEST(preset_text, is_relative_to_the_home_directory) {
    const std::string home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
    ::setenv("HOME", "/home/app/", 1);
    EXPECT_EQ(preset_text("/home/app/.local"), R"("$env{HOME}/.local")");
    EXPECT_EQ(preset_text("/home/app2/.local"), R"("/home/app2/.local")");
    EXPECT_EQ(preset_text("/opt/mote"), R"("/opt/mote")");
    EXPECT_EQ(preset_text("/opt/a \"b\" $env{X}"), R"("/opt/a \"b\" ${dollar}env{X}")");
    ::setenv("HOME", "/", 1);
    EXPECT_EQ(preset_text("/opt/mote"), R"("/opt/mote")");
    ::unsetenv("HOME");
    EXPECT_EQ(preset_text("/opt/mote"), R"("/opt/mote")");
    ::setenv("HOME", home.c_str(), 1);
}

}  // namespace
}  // namespace mote::command
