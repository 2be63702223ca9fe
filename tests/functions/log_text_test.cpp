#include <mote/functions/detail/log_text.hpp>
#include <mote/json/utf8.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::functions::detail {
namespace {

const std::string replaced = "\xef\xbf\xbd";

bool is_utf8(const std::string& text) { return json::valid_utf8(text) == text; }

TEST(log_text, is_left_as_it_is_within_the_bound) {
    for (const auto& text : {std::string(), std::string("a"), std::string(64, 'x'), std::string("\xe2\x82\xac \x01\n"),
                             std::string("a\0b", 3)})
        EXPECT_EQ(log_text(text, 64), text);
}

TEST(log_text, is_cut_with_a_mark_that_says_how_long_it_was) {
    const auto just_too_long = log_text(std::string(65, 'x'), 64);
    EXPECT_EQ(just_too_long.size(), 64U);
    EXPECT_EQ(just_too_long.find_first_not_of('x'), 48U);
    EXPECT_EQ(just_too_long.substr(48), " [cut, 65 bytes]");
    const auto cut = log_text(std::string(1'000'000, 'x'), 1000);
    EXPECT_EQ(cut.size(), 1000U);
    EXPECT_EQ(cut.substr(cut.size() - 21), " [cut, 1000000 bytes]");
}

TEST(log_text, is_cut_between_characters) {
    for (std::size_t ascii = 0; ascii < 4; ++ascii) {
        std::string text(ascii, 'x');
        for (int i = 0; i < 100; ++i) text += "\xf0\x9f\x98\x80";
        const auto cut = log_text(text, 100);
        EXPECT_TRUE(is_utf8(cut)) << cut;
        EXPECT_EQ(cut.find(replaced), std::string::npos) << cut;
        EXPECT_LE(cut.size(), 100U);
        EXPECT_GT(cut.size(), 96U);
    }
}

TEST(log_text, has_a_sign_in_place_of_each_byte_that_is_no_utf8) {
    EXPECT_EQ(log_text("a\xff"
                       "b\xc3",
                       64),
              "a" + replaced + "b" + replaced);
    std::string junk;
    for (int i = 0; i < 256; ++i) junk += static_cast<char>(i);
    EXPECT_TRUE(is_utf8(log_text(junk, 65536)));
}

TEST(log_text, is_cut_when_the_signs_make_it_too_long) {
    const auto cut = log_text(std::string(60, '\xff'), 64);
    EXPECT_TRUE(is_utf8(cut));
    EXPECT_LE(cut.size(), 64U);
    EXPECT_NE(cut.find(" [cut, 60 bytes]"), std::string::npos) << cut;
}

TEST(cut_text, has_no_mark) {
    EXPECT_EQ(cut_text(std::string(100, 'x'), 10), std::string(10, 'x'));
    EXPECT_EQ(cut_text("123456789\xe2\x82\xac", 10), "123456789");
    EXPECT_EQ(cut_text("123456789\xe2\x82\xac", 12), "123456789\xe2\x82\xac");
    EXPECT_EQ(cut_text("\xff\xff\xff", 4), replaced);
    EXPECT_EQ(cut_text("", 10), "");
}

}  // namespace
}  // namespace mote::functions::detail
