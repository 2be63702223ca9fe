#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

namespace mote::json {
namespace {

using test::code_of;
using test::refused;

TEST(json_syntax, needs_a_value) {
    EXPECT_EQ(refused<int>(""), "no JSON: empty");
    EXPECT_EQ(refused<int>(std::string_view()), "no JSON: empty");
    EXPECT_EQ(refused<std::optional<int>>(" \n\t\r"), "no JSON: empty");
    EXPECT_EQ(code_of<int>(""), errc::syntax);
    EXPECT_EQ(refused<int>("\xEF\xBB\xBF"
                           "1"),
              "expected a value at byte 0, got 0xEF");
    EXPECT_EQ(refused<int>("#"), "expected a value at byte 0, got '#'");
}

TEST(json_syntax, has_nothing_after_the_value) {
    EXPECT_EQ(decode<int>(" 1 \r\n\t"), 1);
    EXPECT_EQ(refused<int>("1 2"), "expected the end at byte 2, got '2'");
    EXPECT_EQ(refused<std::vector<int>>("[1]]"), "expected the end at byte 3, got ']'");
    EXPECT_EQ(refused<bool>("true,"), "expected the end at byte 4, got ','");
    EXPECT_EQ(refused<bool>(std::string_view("true\0", 5)), "expected the end at byte 4, got 0x00");
    EXPECT_EQ(refused<board::author>(R"({"name":"a"} x)"), "expected the end at byte 13, got 'x'");
}

TEST(json_syntax, of_words_is_exact) {
    EXPECT_EQ(refused<bool>("tru"), "expected a value at byte 0, got 't'");
    EXPECT_EQ(refused<bool>("True"), "expected a value at byte 0, got 'T'");
    EXPECT_EQ(refused<bool>("falsee"), "expected the end at byte 5, got 'e'");
    EXPECT_EQ(refused<std::optional<int>>("nul"), "expected a value at byte 0, got 'n'");
    EXPECT_EQ(refused<int>("nul"), "expected a value at byte 0, got 'n'") << "not an error of types";
    EXPECT_EQ(refused<bool>("fal"), "expected a value at byte 0, got 'f'");
}

TEST(json_syntax, of_arrays) {
    EXPECT_EQ(refused<std::vector<int>>("["), "[0]: expected a value at byte 1, got the end");
    EXPECT_EQ(refused<std::vector<int>>("[1"), "expected ',' or ']' at byte 2, got the end");
    EXPECT_EQ(refused<std::vector<int>>("[1 2]"), "expected ',' or ']' at byte 3, got '2'");
    EXPECT_EQ(refused<std::vector<int>>("[1,]"), "[1]: expected a value at byte 3, got ']'");
    EXPECT_EQ(refused<std::vector<int>>("[,1]"), "[0]: expected a value at byte 1, got ','");
    EXPECT_EQ(refused<std::vector<int>>("[1}"), "expected ',' or ']' at byte 2, got '}'");
    EXPECT_EQ(refused<std::vector<int>>("[1 /* one */]"), "expected ',' or ']' at byte 3, got '/'");
}

TEST(json_syntax, of_objects) {
    using map = std::map<std::string, int>;
    EXPECT_EQ(refused<map>("{"), "expected a name in quotes at byte 1, got the end");
    EXPECT_EQ(refused<map>("{a:1}"), "expected a name in quotes at byte 1, got 'a'");
    EXPECT_EQ(refused<map>(R"({"a")"), "expected ':' at byte 4, got the end");
    EXPECT_EQ(refused<map>(R"({"a" 1})"), "expected ':' at byte 5, got '1'");
    EXPECT_EQ(refused<map>(R"({"a":})"), "a: expected a value at byte 5, got '}'");
    EXPECT_EQ(refused<map>(R"({"a":1)"), "expected ',' or '}' at byte 6, got the end");
    EXPECT_EQ(refused<map>(R"({"a":1,})"), "expected a name in quotes at byte 7, got '}'");
    EXPECT_EQ(refused<map>(R"({"a":1 "b":2})"), "expected ',' or '}' at byte 7, got '\"'");
    EXPECT_EQ(refused<map>(R"({,"a":1})"), "expected a name in quotes at byte 1, got ','");
    EXPECT_EQ(refused<board::author>(R"({"name":"a",})"), "expected a name in quotes at byte 12, got '}'");
}

TEST(json_syntax, is_checked_in_what_is_skipped) {
    EXPECT_EQ(refused<board::author>(R"({"x":[1,],"name":"a"})"), "expected a value at byte 8, got ']'");
    EXPECT_EQ(refused<board::author>(R"({"x":{"y"},"name":"a"})"), "expected ':' at byte 9, got '}'");
    EXPECT_EQ(refused<board::author>(R"({"x":nil,"name":"a"})"), "expected a value at byte 5, got 'n'");
    EXPECT_EQ(refused<board::author>(R"({"x":01,"name":"a"})"), "expected a number at byte 5, got '0'");
    EXPECT_EQ(refused<board::author>(R"({"x":"\x","name":"a"})"), "expected an escape at byte 7, got 'x'");
    EXPECT_EQ(refused<board::author>(R"({"x":)"), "expected a value at byte 5, got the end");
    EXPECT_EQ(code_of<board::author>("{\"x\":\"\xff\",\"name\":\"a\"}"), errc::bad_utf8);
}

TEST(json_syntax, of_a_text_that_is_cut_off_is_wrong_wherever_that_is) {
    const std::string_view whole =
        R"({"id":7,"title":"A\u00e4","score":-0.5e1,"type":"job","by":{"name":"b","karma":null},"tags":["x",""],"u":[{}]})";
    ASSERT_EQ(refused<board::post>(whole), "accepted");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(code_of<board::post>(whole.substr(0, size)), errc::syntax) << whole.substr(0, size);
}

}  // namespace
}  // namespace mote::json
