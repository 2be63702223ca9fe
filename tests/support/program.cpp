#include <tests/support/program.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace mote::test {
namespace {

bool is_executable(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

std::string environment_value(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view name) {
    if (name.empty()) return std::nullopt;
    if (name.find('/') != std::string_view::npos) {
        std::filesystem::path file(name);
        return is_executable(file) ? std::optional(file) : std::nullopt;
    }
    std::string folders = environment_value("PATH") + ":/usr/local/bin:/usr/sbin:/usr/bin";
    for (std::size_t begin = 0; begin <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        if (end > begin) {
            std::filesystem::path file = std::filesystem::path(folders.substr(begin, end - begin)) / name;
            if (is_executable(file)) return file;
        }
        begin = end + 1;
    }
    return std::nullopt;
}

bool in_ci() { return !environment_value("CI").empty(); }

void skip_or_fail(const std::string& reason) {
    if (in_ci()) {
        FAIL() << reason << " (CI is set: a missing tool is a failure)";
    } else {
        GTEST_SKIP() << reason;
    }
}

bool require_program(std::string_view name) {
    if (find_program(name)) return true;
    skip_or_fail("needs the program " + std::string(name) + ", which is not installed");
    return false;
}

std::optional<std::filesystem::path> shared_directory() {
    const std::string named = environment_value("MOTE_TEST_SHARED");
    const std::filesystem::path folder = named.empty() ? MOTE_TEST_DEFAULT_SHARED : named;
    std::error_code ignored;
    return std::filesystem::is_directory(folder, ignored) ? std::optional(folder) : std::nullopt;
}

}  // namespace mote::test
