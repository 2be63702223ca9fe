#include <apps/hackernews/input.hpp>

#include <mote/micro/service_error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace hackernews {
namespace {

/// The service error that `function` throws, as "<status> <description>".
template <class Function>
std::string error_of(Function function) {
    try {
        function();
    } catch (const mote::micro::service_error& error) {
        return std::to_string(error.status()) + " " + error.description();
    }
    return "none";
}

std::string id_error(const std::string& text) {
    return error_of([&] { parse_id(text); });
}

std::string count_error(const std::string& text) {
    return error_of([&] { parse_count(text); });
}

TEST(hn_input, takes_positive_ids) {
    EXPECT_EQ(parse_id("1"), 1);
    EXPECT_EQ(parse_id("44000028"), 44000028);
    EXPECT_EQ(parse_id(" 44000028\r\n"), 44000028);
    EXPECT_EQ(parse_id("9007199254740992"), max_item_id);
}

TEST(hn_input, refuses_other_ids_and_names_them) {
    EXPECT_EQ(id_error("abc"), R"(400 invalid id "abc": not a positive integer)");
    EXPECT_EQ(id_error(""), R"(400 invalid id "": not a positive integer)");
    EXPECT_EQ(id_error("0"), R"(400 invalid id "0": not a positive integer)");
    EXPECT_EQ(id_error("-1"), R"(400 invalid id "-1": not a positive integer)");
    EXPECT_EQ(id_error("+1"), R"(400 invalid id "+1": not a positive integer)");
    EXPECT_EQ(id_error("1.5"), R"(400 invalid id "1.5": not a positive integer)");
    EXPECT_EQ(id_error("1/../../etc"), R"(400 invalid id "1/../../etc": not a positive integer)");
    EXPECT_EQ(id_error("9007199254740993"), R"(400 invalid id "9007199254740993": larger than 9007199254740992)");
    EXPECT_EQ(id_error("99999999999999999999999"),
              R"(400 invalid id "99999999999999999999999": larger than 9007199254740992)");
}

TEST(hn_input, takes_counts_from_1_to_500_and_10_when_none_is_given) {
    EXPECT_EQ(parse_count("1"), 1u);
    EXPECT_EQ(parse_count("500"), 500u);
    EXPECT_EQ(parse_count("3\n"), 3u);
    EXPECT_EQ(parse_count(""), 10u);
    EXPECT_EQ(parse_count(" "), 10u);
}

TEST(hn_input, refuses_other_counts_and_names_them) {
    for (const std::string text : {"0", "501", "-1", "abc", "1.5", "99999999999999999999"})
        EXPECT_EQ(count_error(text), "400 invalid count \"" + text + "\": not a number from 1 to 500");
}

TEST(hn_input, is_quoted_as_one_short_line_of_ascii) {
    EXPECT_EQ(in_quotes("a b"), R"("a b")");
    EXPECT_EQ(in_quotes("a\"\\"), R"("a\"\\")");
    EXPECT_EQ(in_quotes(std::string("\r\n\0", 3)), R"("\x0d\x0a\x00")");
    EXPECT_EQ(in_quotes("ü"), R"("\xc3\xbc")");
    EXPECT_EQ(in_quotes(std::string(41, 'a')), "\"" + std::string(40, 'a') + "...\"");
}

}  // namespace
}  // namespace hackernews
