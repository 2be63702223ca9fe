#include <mote/process/detail/spawn_message.hpp>

#include <tests/support/gtest_namespace.hpp>

#include <gtest/gtest.h>

namespace mote::process::detail {
namespace {

start_message full_start() {
    start_message message{.id = 77};
    message.what.program = "program";
    message.what.arguments = {"a", "", std::string("b\nc")};
    message.what.environment = {{"A", "1"}, {"B", ""}};
    message.what.directory = "/d";
    message.what.input = stream::pipe;
    message.what.output = stream::inherit;
    message.what.error = stream::merge;
    message.what.limits = {.open_files = 1, .cpu_seconds = 0, .file_size = ~std::uint64_t{0}};
    return message;
}

TEST(spawn_message, of_a_start_comes_back_whole) {
    const auto decoded = decode_to_server(encode(full_start()));
    ASSERT_TRUE(decoded);
    const auto& message = std::get<start_message>(*decoded);
    EXPECT_EQ(message.id, 77U);
    EXPECT_EQ(message.what.program, "program");
    EXPECT_EQ(message.what.arguments, full_start().what.arguments);
    EXPECT_EQ(message.what.environment, full_start().what.environment);
    EXPECT_EQ(message.what.directory, "/d");
    EXPECT_EQ(message.what.input, stream::pipe);
    EXPECT_EQ(message.what.output, stream::inherit);
    EXPECT_EQ(message.what.error, stream::merge);
    EXPECT_EQ(message.what.limits.open_files, 1U);
    EXPECT_FALSE(message.what.limits.processes);
    EXPECT_FALSE(message.what.limits.memory);
    EXPECT_EQ(message.what.limits.cpu_seconds, 0U);
    EXPECT_EQ(message.what.limits.file_size, ~std::uint64_t{0});
}

TEST(spawn_message, of_each_other_kind_comes_back_whole) {
    const signal_message signal{.id = 1, .number = 15};
    EXPECT_EQ(std::get<signal_message>(*decode_to_server(encode(signal))).number, 15);
    const started_message started{.id = 2, .pid = 99};
    EXPECT_EQ(std::get<started_message>(*decode_to_client(encode(started))).pid, 99);
    const failed_message failed{.id = 3, .code = 2, .text = "why"};
    EXPECT_EQ(std::get<failed_message>(*decode_to_client(encode(failed))).text, "why");
    const ended_message ended{.id = 4, .code = 137, .signal = 9};
    EXPECT_EQ(std::get<ended_message>(*decode_to_client(encode(ended))).code, 137);
}

TEST(spawn_message, of_the_wrong_direction_is_none) {
    EXPECT_FALSE(decode_to_client(encode(full_start())));
    EXPECT_FALSE(decode_to_server(encode(started_message{.id = 2, .pid = 99})));
}

TEST(spawn_message, that_is_cut_or_has_a_rest_is_none) {
    const std::string start = encode(full_start());
    for (std::size_t length = 0; length < start.size(); ++length) {
        EXPECT_FALSE(decode_to_server(std::string_view(start).substr(0, length))) << length;
    }
    EXPECT_FALSE(decode_to_server(start + 'x'));
    const std::string failed = encode(failed_message{.id = 3, .code = 2, .text = "why"});
    for (std::size_t length = 0; length < failed.size(); ++length) {
        EXPECT_FALSE(decode_to_client(std::string_view(failed).substr(0, length))) << length;
    }
}

TEST(spawn_message, with_any_byte_changed_does_no_harm) {
    const std::string start = encode(full_start());
    for (std::size_t at = 0; at < start.size(); ++at) {
        for (const char byte : {'\0', '\x01', '\x7f', '\xff'}) {
            std::string changed = start;
            changed[at] = byte;
            const auto decoded = decode_to_server(changed);
            if (decoded && decoded->index() == 0) {
                EXPECT_LE(std::get<start_message>(*decoded).what.arguments.size(), changed.size());
            }
        }
    }
}

TEST(spawn_message, of_a_kind_that_is_none_is_none) {
    EXPECT_FALSE(decode_to_server(""));
    EXPECT_FALSE(decode_to_server("x"));
    EXPECT_FALSE(decode_to_client(std::string(100, '\0')));
    EXPECT_TRUE(is_large(encode_large()));
    EXPECT_FALSE(decode_to_server(encode_large()));
}

}  // namespace
}  // namespace mote::process::detail
