// Where a text stops being JSON.

#include <apps/mote/ask/json_check.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mote::command {
namespace {

std::string check(std::string_view text) {
    const auto mistake = find_json_mistake(text);
    return mistake ? described(*mistake) : "fine";
}

TEST(mote_json_check, takes_every_value) {
    for (const std::string_view fine : {"{}", "[1,2]", "12", "\"a\"", "null", " {\"a\": [true, 1.5e3]}\n"})
        EXPECT_EQ(check(fine), "fine") << fine;
}

TEST(mote_json_check, tells_line_and_column_in_characters) {
    EXPECT_EQ(check(R"({"id":1,})"), "line 1, column 9: unexpected `}`");
    EXPECT_EQ(check("{\n  \"name\": \"é\",\n  \"id\" 3\n}"), "line 3, column 8: unexpected `3`");
    EXPECT_EQ(check("{\"é\":x}"), "line 1, column 6: unexpected `x`") << "é is one character";
    EXPECT_EQ(check("[1]]"), "line 1, column 4: something behind the end of the value");
    EXPECT_EQ(check("1 2"), "line 1, column 3: something behind the end of the value");
}

TEST(mote_json_check, tells_of_what_ends_too_early) {
    EXPECT_EQ(check("[1,\n2"), "line 2, column 2: it ends too early");
    EXPECT_EQ(check(""), "line 1, column 1: it is empty");
    EXPECT_EQ(check("\"abc"), "line 1, column 5: it ends too early");
}

TEST(mote_json_check, shows_nothing_that_moves_the_cursor) {
    EXPECT_EQ(check("[\x1b"), R"(line 1, column 2: unexpected `\x1b`)");
    EXPECT_EQ(check("[\xff"), R"(line 1, column 2: unexpected `\xff`)");
}

}  // namespace
}  // namespace mote::command
