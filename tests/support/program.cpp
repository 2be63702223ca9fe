#include <tests/support/program.hpp>

#include <gtest/gtest.h>

namespace mote::test {

using mote::testing::detail::environment_value;

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
