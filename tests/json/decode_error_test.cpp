#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

#include <array>
#include <set>
#include <tuple>

namespace mote::json {
namespace {

using test::code_of;
using test::refused;

constexpr std::string_view wrong_score =
    R"({"posts":[{"id":1,"title":"","score":1,"type":"job","by":{"name":""},"tags":[]},{"id":2,"title":"","score":"high"}]})";

TEST(json_decode_error, names_the_field_what_was_expected_and_what_was_there) {
    try {
        decode<board::page>(wrong_score);
        FAIL() << "accepted";
    } catch (const boost::system::system_error& caught) {
        EXPECT_STREQ(caught.what(), "posts[1].score: expected a number, got a string");
        EXPECT_EQ(caught.code(), errc::wrong_type);
        EXPECT_EQ(dynamic_cast<const decode_error&>(caught).path(), "posts[1].score");
    }
}

TEST(json_decode_error, can_be_copied_and_outlives_the_text) {
    std::optional<decode_error> kept;
    try {
        decode<std::map<std::string, int>>(std::string(R"({"a key":"x"})"));
    } catch (const decode_error& caught) {
        kept = caught;
    }
    EXPECT_STREQ(kept.value().what(), R"(["a key"]: expected an integer, got a string)");
    EXPECT_EQ(kept->path(), R"(["a key"])");
}

TEST(json_decode_error, has_no_path_at_the_root) {
    EXPECT_EQ(refused<board::page>("[]"), "expected an object, got an array");
    EXPECT_EQ(refused<bool>("1"), "expected a boolean, got 1");
    EXPECT_EQ(refused<std::vector<int>>("{}"), "expected an array, got an object");
    EXPECT_EQ(refused<std::monostate>("1"), "expected null, got 1");
    EXPECT_EQ(refused<std::set<int>>("\"\""), "expected an array, got a string");
}

TEST(json_decode_error, quotes_what_is_no_identifier_and_shortens_what_is_long) {
    using map = std::map<std::string, std::map<std::string, int>>;
    EXPECT_EQ(refused<map>(R"({"a b":{"1":""}})"), R"(["a b"]["1"]: expected an integer, got a string)");
    EXPECT_EQ(refused<map>(R"({"":{"_x9":""}})"), R"([""]._x9: expected an integer, got a string)");
    EXPECT_EQ(refused<map>(R"({"q\"\n":{"ä":""}})"), R"(["q\"\n"]["ä"]: expected an integer, got a string)");
    EXPECT_EQ(refused<map>("{\"" + std::string(1000, 'k') + "\":1}"),
              "[\"" + std::string(48, 'k') + "...\"]: expected an object, got 1");
}

TEST(json_decode_error, counts_the_elements_of_arrays_of_a_fixed_size) {
    EXPECT_EQ((refused<std::array<int, 3>>("[1,2]")), "expected an array of 3 elements, got 2");
    EXPECT_EQ((refused<std::array<int, 1>>("[]")), "expected an array of 1 element, got 0");
    EXPECT_EQ((refused<std::array<int, 3>>("[1,2,3,4]")), "expected an array of 3 elements, got more");
    EXPECT_EQ((refused<std::tuple<int, std::string>>("[1,2]")), "[1]: expected a string, got 2");
    EXPECT_EQ((refused<std::tuple<int, std::string>>("[1]")), "expected an array of 2 elements, got 1");
    EXPECT_EQ((refused<std::pair<int, int>>("[1,2,3]")), "expected an array of 2 elements, got more");
    EXPECT_EQ((code_of<std::pair<int, int>>("[1]")), errc::bad_value);
}

TEST(json_decode_error, lists_the_names_of_an_enumeration) {
    EXPECT_EQ(refused<board::kind>(R"("comment")"), R"(expected one of "story", "job", "poll", got "comment")");
    EXPECT_EQ(refused<board::kind>(R"("Job")"), R"(expected one of "story", "job", "poll", got "Job")");
    EXPECT_EQ(refused<board::kind>("5"), "expected a string, got 5");
    EXPECT_EQ(code_of<board::kind>(R"("")"), errc::bad_value);
}

TEST(json_decode_error, says_which_keys_a_map_takes) {
    using numbers = std::map<std::uint8_t, int>;
    EXPECT_EQ(refused<numbers>(R"({"256":1})"),
              R"(["256"]: expected a key that is an integer from 0 to 255, got "256")");
    for (const char* key : {"", "x", "-1", "-0", "01", "1.0", "1e1", " 1", "1 ", "+1"})
        EXPECT_EQ(code_of<numbers>("{\"" + std::string(key) + "\":1}"), errc::out_of_range) << key;
    EXPECT_EQ((refused<std::map<board::kind, int>>(R"({"x":1})")),
              R"(x: expected a key of "story", "job", "poll", got "x")");
}

enum class many { a, b, c, d, e, f, g, h, i, j, k, l, m, n };
BOOST_DESCRIBE_ENUM(many, a, b, c, d, e, f, g, h, i, j, k, l, m, n)

TEST(json_decode_error, stays_short_with_many_names) {
    EXPECT_EQ(refused<many>(R"("z")"),
              R"(expected one of "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", ..., got "z")");
}

TEST(json_errc, has_a_message_for_each_value) {
    for (int value = 1; value <= static_cast<int>(errc::bad_raw); ++value)
        EXPECT_NE(json_category().message(value), "unknown error") << value;
    EXPECT_EQ(json_category().message(static_cast<int>(errc::bad_raw) + 1), "unknown error");
    EXPECT_STREQ(json_category().name(), "mote.json");
}

}  // namespace
}  // namespace mote::json
