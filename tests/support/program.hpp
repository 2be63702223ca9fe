#pragma once

#include <mote/testing/detail/find_program.hpp>
#include <tests/support/gtest_namespace.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mote::test {

using mote::testing::detail::find_program;

/// True where a missing tool is a failure and not a reason to skip: the environment variable CI is set.
bool in_ci();

/// For SetUp or the start of a test: marks the test as skipped for `reason`, or as failed when CI is set. A caller that
/// is a test body returns after it; after SetUp, gtest does not run the body.
void skip_or_fail(const std::string& reason);

/// Skips or fails as above when a program is missing, and says whether it is there.
bool require_program(std::string_view name);

/// The directory with real test data (`hn/`, `vectors/`): MOTE_TEST_SHARED, else `shared` beside the checkout; nothing when
/// there is none, as in most checkouts.
std::optional<std::filesystem::path> shared_directory();

}  // namespace mote::test
