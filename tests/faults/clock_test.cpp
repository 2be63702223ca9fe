#include <tests/nats/live.hpp>
#include <tests/support/process.hpp>
#include <tests/support/program.hpp>
#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <fstream>

namespace mote::test {
namespace {

/// libfaketime of Debian's package, for programs with threads; nothing when it is not installed.
std::optional<std::filesystem::path> find_faketime() {
    std::error_code failed;
    for (const auto& folder : std::filesystem::directory_iterator("/usr/lib", failed)) {
        auto file = folder.path() / "faketime" / "libfaketimeMT.so.1";
        if (std::filesystem::exists(file, failed)) return file;
    }
    return std::nullopt;
}

class live_clock : public live_nats {};

TEST_F(live_clock, may_jump_a_day_ahead_and_two_back_while_everything_goes_on) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a library cannot be put before a sanitizer's";
#endif
    const auto library = find_faketime();
    if (!library) return skip_or_fail("needs Debian's package faketime");
    const nats_server server;
    const temp_dir directory;
    const auto file = directory.path() / "clock";
    std::ofstream(file) << "+0\n";
    process_options options;
    options.env = {{"LD_PRELOAD", library->string()},
                   {"FAKETIME_TIMESTAMP_FILE", file.string()},
                   {"FAKETIME_NO_CACHE", "1"},
                   {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                   {"DONT_FAKE_MONOTONIC", "1"}};
    const auto seen = mote::test::run({MOTE_TEST_PROBE, "clock", server.url(), file.string()}, options);
    EXPECT_EQ(seen.exit_code, 0) << seen.err;
    EXPECT_TRUE(contains(seen.out, "worked through all jumps")) << seen.out << seen.err;
}

}  // namespace
}  // namespace mote::test
