#include <tests/support/escape.hpp>

#include <tests/support/program.hpp>
#include <tests/support/raw_frame.hpp>
#include <tests/support/temp_dir.hpp>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace mote::test {
namespace {

TEST(program, is_found_outside_of_path_too) {
    EXPECT_TRUE(find_program("sh"));
    EXPECT_TRUE(find_program("/bin/sh"));
    EXPECT_FALSE(find_program("/etc/passwd"));
    EXPECT_FALSE(find_program("no-such-program-anywhere"));
}

TEST(program, missing_is_a_failure_in_ci) {
    const char* before = std::getenv("CI");
    const std::optional<std::string> kept = before == nullptr ? std::nullopt : std::optional<std::string>(before);
    ::setenv("CI", "true", 1);
    EXPECT_FATAL_FAILURE(require_program("no-such-program-anywhere"), "not installed");
    kept ? ::setenv("CI", kept->c_str(), 1) : ::unsetenv("CI");
}

TEST(temp_dir, is_removed_with_its_content) {
    std::filesystem::path path;
    {
        const temp_dir directory;
        path = directory.path();
        std::filesystem::create_directories(path / "a" / "b");
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(escape, goes_both_ways) {
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
    EXPECT_EQ(unescaped(escaped(every_byte)), every_byte);
    EXPECT_EQ(escaped("MSG \"é\"\r\n\\\x01"), R"(MSG "é"\r\n\\\x01)");
    EXPECT_THROW(unescaped("\\q"), std::runtime_error);
}

TEST(raw_frame, knows_its_size_and_parts) {
    const std::string with_headers = "HMSG a.b 7 reply 16 21\r\nNATS/1.0\r\nA:\r\n\r\nhello\r\n";
    EXPECT_EQ(raw_frame_size(with_headers + "PING\r\n"), with_headers.size());
    EXPECT_EQ(raw_frame_size(with_headers.substr(0, with_headers.size() - 1)), std::nullopt);
    const raw_frame frame = parse_raw_frame(with_headers);
    EXPECT_EQ(frame.verb, "HMSG");
    EXPECT_EQ(frame.subject, "a.b");
    EXPECT_EQ(frame.sid, "7");
    EXPECT_EQ(frame.reply, "reply");
    EXPECT_EQ(frame.headers, "NATS/1.0\r\nA:\r\n\r\n");
    EXPECT_EQ(frame.payload, "hello");
    EXPECT_EQ(parse_raw_frame("-ERR 'Unknown Protocol'\r\n").payload, "'Unknown Protocol'");
    EXPECT_THROW(raw_frame_size("NONSENSE 1\r\n"), std::runtime_error);
    EXPECT_THROW(raw_frame_size("MSG a 1 x\r\n"), std::runtime_error);
}

}  // namespace
}  // namespace mote::test
