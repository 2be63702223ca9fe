#include <mote/node/detail/line_splitter.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace mote::node::detail {
namespace {

using lines = std::vector<std::string>;

/// Feeds the bytes in pieces of `size`, then the end.
lines split(std::string_view bytes, std::ptrdiff_t limit = -1, std::size_t size = std::string_view::npos) {
    lines got;
    const auto keep = [&](std::string_view line) { got.emplace_back(line); };
    line_splitter splitter(limit);
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, size);
        splitter.feed(std::string(piece), keep);
        bytes.remove_prefix(piece.size());
    }
    splitter.finish(keep);
    return got;
}

TEST(line_splitter, gives_lines_without_their_ends) {
    EXPECT_EQ(split("one\ntwo\r\n\nfour\n"), (lines{"one", "two", "", "four"}));
}

TEST(line_splitter, gives_the_last_line_also_without_an_end) {
    EXPECT_EQ(split("one\ntwo"), (lines{"one", "two"}));
    EXPECT_EQ(split("one\n"), (lines{"one"}));
    EXPECT_EQ(split(""), lines{});
}

TEST(line_splitter, takes_only_a_carriage_return_before_the_line_feed_away) {
    EXPECT_EQ(split("a\rb\r\r\nc\r"), (lines{"a\rb\r", "c\r"}));
}

TEST(line_splitter, gives_the_same_however_the_bytes_come) {
    const std::string bytes("one\r\n\n\r\ntw\0o\xff\xfe\nlonger than the limit\r\nends\xc3\xa4\r\nlast", 50);
    const auto whole = split(bytes, 8);
    EXPECT_EQ(whole.size(), 7U);
    for (std::size_t size = 1; size < bytes.size(); ++size) EXPECT_EQ(split(bytes, 8, size), whole) << size;
}

TEST(line_splitter, passes_on_what_is_not_utf8) {
    const std::string odd("\xff\0\x80\xc3", 4);
    EXPECT_EQ(split(odd + "\n"), lines{odd});
}

TEST(line_splitter, cuts_an_overlong_line_with_a_mark_and_skips_the_rest) {
    const auto cut = "01234567" + std::string(line_splitter::cut_mark);
    EXPECT_EQ(split("0123456789abc\nnext\n", 8), (lines{cut, "next"}));
    EXPECT_EQ(split("0123456789abc", 8), (lines{cut}));
}

TEST(line_splitter, does_not_cut_a_line_of_just_the_limit) {
    for (std::size_t size = 1; size < 11; ++size) {
        EXPECT_EQ(split("01234567\nx\n", 8, size), (lines{"01234567", "x"})) << size;
        EXPECT_EQ(split("01234567\r\nx\n", 8, size), (lines{"01234567", "x"})) << size;
        EXPECT_EQ(split("01234567\r", 8, size), (lines{"01234567"})) << size;
        EXPECT_EQ(split("01234567\rx\ny", 8, size), (lines{"01234567" + std::string(line_splitter::cut_mark), "y"}))
            << size;
    }
}

TEST(line_splitter, hands_an_overlong_line_over_before_it_ends) {
    line_splitter splitter(4);
    lines got;
    splitter.feed("01234", [&](std::string_view line) { got.emplace_back(line); });
    EXPECT_EQ(got.size(), 1U);
}

TEST(line_splitter, does_not_cut_inside_of_a_character) {
    const std::string mark(line_splitter::cut_mark);
    EXPECT_EQ(split("abc\xc3\xa4xyz\n", 4), lines{"abc" + mark});
    EXPECT_EQ(split("abc\xc3\xa4xyz\n", 5), lines{"abc\xc3\xa4" + mark});
    EXPECT_EQ(split("a\xe2\x82\xacxyz\n", 3), lines{"a" + mark});
    EXPECT_EQ(split("a\xf0\x9f\x98\x80xyz\n", 4), lines{"a" + mark});
    EXPECT_EQ(split("\x80\x80\x80\x80\x80\x80\n", 4), lines{"\x80\x80\x80\x80" + mark});
}

TEST(line_splitter, has_a_bound_also_without_a_limit) {
    const std::string much(line_splitter::hard_limit + 10, 'x');
    const auto got = split(much + "\nnext", -1, 100'000);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].size(), line_splitter::hard_limit + line_splitter::cut_mark.size());
    EXPECT_EQ(got[1], "next");
    EXPECT_EQ(split(much, 10'000'000).at(0), got[0]);
}

TEST(line_splitter, can_be_flushed_and_goes_on) {
    line_splitter splitter(-1);
    lines got;
    const auto keep = [&](std::string_view line) { got.emplace_back(line); };
    splitter.feed("prompt> ", keep);
    EXPECT_TRUE(got.empty());
    splitter.finish(keep);
    splitter.feed("answer\n", keep);
    splitter.finish(keep);
    EXPECT_EQ(got, (lines{"prompt> ", "answer"}));
}

}  // namespace
}  // namespace mote::node::detail
