#include <mote/nats/protocol/byte_buffer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace mote::nats::protocol {
namespace {

byte_buffer filled(std::string_view text) {
    byte_buffer made;
    made.append(text);
    return made;
}

TEST(byte_buffer, is_empty_and_holds_no_memory_at_first) {
    const byte_buffer made;
    EXPECT_TRUE(made.empty());
    EXPECT_EQ(made.size(), 0u);
    EXPECT_EQ(made.capacity(), 0u);
    EXPECT_EQ(made.data(), "");
}

TEST(byte_buffer, takes_at_the_end_and_gives_at_the_front) {
    auto buffer = filled("hello");
    buffer.append("");
    buffer.append(" you");
    EXPECT_EQ(buffer.data(), "hello you");
    buffer.consume(6);
    EXPECT_EQ(buffer.data(), "you");
    std::copy_n("!!!!", 4, buffer.prepare(4));
    buffer.commit(2);
    EXPECT_EQ(buffer.data(), "you!!");
    buffer.consume(5);
    EXPECT_TRUE(buffer.empty());
}

TEST(byte_buffer, makes_the_room_that_is_asked_for) {
    byte_buffer buffer;
    for (const std::size_t count : {1, 4096, 5000, 100000, 3}) {
        const auto before = std::string(buffer.data());
        std::fill_n(buffer.prepare(count), count, 'x');
        EXPECT_GE(buffer.room(), count);
        buffer.commit(count);
        EXPECT_EQ(buffer.data(), before + std::string(count, 'x'));
    }
}

TEST(byte_buffer, uses_the_place_of_what_was_consumed) {
    auto buffer = filled(std::string(4000, 'x'));
    const auto capacity = buffer.capacity();
    buffer.consume(3900);
    buffer.append(std::string(3000, 'y'));
    EXPECT_EQ(buffer.capacity(), capacity);
    EXPECT_EQ(buffer.data(), std::string(100, 'x') + std::string(3000, 'y'));
}

TEST(byte_buffer, does_not_move_all_of_its_bytes_for_each_few_that_come_and_go) {
    constexpr std::size_t full = 1024 * 1024;
    byte_buffer buffer;
    buffer.prepare(full);
    buffer.append(std::string(full - 64, 'x'));
    std::size_t moved = 0;
    for (int round = 0; round < 50000; ++round) {
        const auto* const before = buffer.data().data();
        buffer.consume(100);
        buffer.append(std::string(100, 'y'));
        if (buffer.data().data() != before + 100) moved += buffer.size();
    }
    EXPECT_LT(moved, 8 * full);
    EXPECT_LE(buffer.capacity(), 2 * full);
}

TEST(byte_buffer, leaves_nothing_behind_when_moved) {
    auto buffer = filled("hello");
    byte_buffer other(std::move(buffer));
    EXPECT_EQ(other.data(), "hello");
    EXPECT_EQ(buffer.capacity(), 0u);  // NOLINT(bugprone-use-after-move): this is what is tested
    buffer.append("again");
    EXPECT_EQ(buffer.data(), "again");
    buffer = std::move(other);
    EXPECT_EQ(buffer.data(), "hello");
    EXPECT_EQ(other.data(), "");  // NOLINT(bugprone-use-after-move)
    other.append("you");
    buffer.swap(other);
    EXPECT_EQ(buffer.data(), "you");
    EXPECT_EQ(other.data(), "hello");
}

TEST(byte_buffer, gives_memory_back_only_when_empty_and_large) {
    auto buffer = filled(std::string(100000, 'x'));
    buffer.shrink(4096);
    EXPECT_EQ(buffer.size(), 100000u);
    buffer.clear();
    EXPECT_GE(buffer.capacity(), 100000u);
    buffer.shrink(200000);
    EXPECT_GE(buffer.capacity(), 100000u);
    buffer.shrink(4096);
    EXPECT_EQ(buffer.capacity(), 4096u);
    buffer.append("hello");
    EXPECT_EQ(buffer.data(), "hello");
}

}  // namespace
}  // namespace mote::nats::protocol
