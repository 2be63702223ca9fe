#include <mote/nats/subject.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mote::nats {
namespace {

TEST(publish_subject, is_tokens_divided_by_dots) {
    for (const std::string_view text :
         {"a", "a.b", "orders.new.42", "$SRV.PING", "_INBOX.x.1", "ä.ö", "a*b", "a.*", "a.>", ">", "-/_=:"})
        EXPECT_TRUE(is_valid_publish_subject(text)) << text;
}

TEST(publish_subject, has_no_empty_token_blank_or_control_character) {
    for (const std::string_view text :
         {"", ".", "..", ".a", "a.", "a..b", "a b", " a", "a ", "a\tb", "a\r\nb", "a\n", "a\x7f", "a.\x01"})
        EXPECT_FALSE(is_valid_publish_subject(text)) << text;
    EXPECT_FALSE(is_valid_publish_subject(std::string_view("a\0b", 3)));
}

/// Long texts are looked at eight bytes at a time: every byte at every place, and every pair of neighbours.
TEST(publish_subject, refuses_the_same_bytes_at_every_place_of_every_length) {
    for (std::size_t size = 1; size <= 40; ++size) {
        const std::string text(size, 'x');
        ASSERT_TRUE(is_valid_publish_subject(text)) << size;
        for (std::size_t at = 0; at < size; ++at) {
            auto changed = text;
            for (int byte = 0; byte <= 255; ++byte) {
                changed[at] = static_cast<char>(byte);
                const bool at_an_end = at == 0 || at + 1 == size;
                const bool allowed = byte > ' ' && byte != 0x7f && !(byte == '.' && at_an_end);
                ASSERT_EQ(is_valid_publish_subject(changed), allowed) << size << ' ' << at << ' ' << byte;
            }
            if (at + 1 == size) continue;
            changed[at] = changed[at + 1] = '.';
            ASSERT_FALSE(is_valid_publish_subject(changed)) << changed;
            if (at + 4 > size || at == 0) continue;
            changed[at + 1] = '/';  // the neighbour of a dot in ASCII
            changed[at + 2] = '.';
            ASSERT_TRUE(is_valid_publish_subject(changed)) << changed;
        }
    }
}

TEST(subscribe_subject, may_have_whole_wildcard_tokens) {
    for (const std::string_view text : {"a", "a.b", "*", ">", "a.*", "*.a", "a.*.b", "*.*", "a.>", "*.>", "a.*.>"})
        EXPECT_TRUE(is_valid_subscribe_subject(text)) << text;
}

TEST(subscribe_subject, has_no_other_wildcards) {
    for (const std::string_view text :
         {"", "a*", "*a", "a.b*", "**", "a.>.b", ">.a", "a.>>", "a.b>", ">*", "a..*", "a. ", ".>"})
        EXPECT_FALSE(is_valid_subscribe_subject(text)) << text;
}

TEST(queue_group, is_any_text_without_blanks_and_control_characters) {
    for (const std::string_view text : {"q", "a.b", "a>", "*", ".", "ä"})
        EXPECT_TRUE(is_valid_queue_group(text)) << text;
    for (const std::string_view text : {"", " ", "a b", "a\n", "\r", "a\t", "\x7f"})
        EXPECT_FALSE(is_valid_queue_group(text)) << text;
}

TEST(subject_match, of_literal_subjects_is_equality) {
    EXPECT_TRUE(subject_matches("a", "a"));
    EXPECT_TRUE(subject_matches("a.b.c", "a.b.c"));
    EXPECT_FALSE(subject_matches("a", "b"));
    EXPECT_FALSE(subject_matches("a", "A"));
    EXPECT_FALSE(subject_matches("a.b", "a"));
    EXPECT_FALSE(subject_matches("a", "a.b"));
    EXPECT_FALSE(subject_matches("a", "ab"));
    EXPECT_FALSE(subject_matches("a", ""));
    EXPECT_FALSE(subject_matches("", "a"));
}

TEST(subject_match, star_is_exactly_one_token) {
    EXPECT_TRUE(subject_matches("*", "a"));
    EXPECT_TRUE(subject_matches("a.*", "a.b"));
    EXPECT_TRUE(subject_matches("*.b.*", "a.b.c"));
    EXPECT_FALSE(subject_matches("*", "a.b"));
    EXPECT_FALSE(subject_matches("a.*", "a"));
    EXPECT_FALSE(subject_matches("a.*", "a.b.c"));
    EXPECT_FALSE(subject_matches("*.b", "a.c"));
}

TEST(subject_match, gt_is_one_token_or_more) {
    EXPECT_TRUE(subject_matches(">", "a"));
    EXPECT_TRUE(subject_matches(">", "a.b.c"));
    EXPECT_TRUE(subject_matches("a.>", "a.b"));
    EXPECT_TRUE(subject_matches("*.b.>", "a.b.c.d"));
    EXPECT_FALSE(subject_matches("a.>", "a"));
    EXPECT_FALSE(subject_matches("a.>", "b.c"));
    EXPECT_FALSE(subject_matches(">", ""));
}

TEST(subject_match, wildcards_of_a_published_subject_are_literal) {
    EXPECT_TRUE(subject_matches("*", "*"));
    EXPECT_TRUE(subject_matches("a.*", "a.>"));
    EXPECT_FALSE(subject_matches("a.b", "a.*"));
    EXPECT_FALSE(subject_matches("a", ">"));
}

}  // namespace
}  // namespace mote::nats
