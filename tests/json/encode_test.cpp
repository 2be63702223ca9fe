#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <deque>
#include <limits>
#include <list>
#include <set>
#include <tuple>
#include <unordered_map>

namespace mote::json {
namespace {

using test::unsayable;

TEST(json_encode, appends) {
    std::string out = "before ";
    encode_to(out, 5);
    encode_to(out, std::vector<int>{1, 2});
    encode_to(out, board::author{"a", {}});
    EXPECT_EQ(out, R"(before 5[1,2]{"name":"a"})");
}

TEST(json_encode, leaves_the_text_before_as_it_was_when_it_fails) {
    std::string out = "before";
    EXPECT_THROW(encode_to(out, std::vector<std::string>{"a", "\xff"}), encode_error);
    EXPECT_EQ(out, "before");
}

TEST(json_encode, takes_all_kinds_of_strings) {
    EXPECT_EQ(encode("literal"), R"("literal")");
    EXPECT_EQ(encode(std::string_view("view")), R"("view")");
    const char* pointer = "pointer";
    EXPECT_EQ(encode(pointer), R"("pointer")");
    pointer = nullptr;
    EXPECT_EQ(encode(pointer), "null");
}

TEST(json_encode, writes_what_may_be_absent_as_null_where_it_cannot_be_left_out) {
    EXPECT_EQ(encode(std::optional<int>()), "null");
    EXPECT_EQ(encode(std::vector<std::optional<int>>{{}, 1}), "[null,1]");
    EXPECT_EQ(encode(std::map<std::string, std::unique_ptr<int>>()), "{}");
    EXPECT_EQ(encode(std::map<std::string, std::optional<int>>{{"a", {}}}), R"({"a":null})");
    EXPECT_EQ(encode(std::tuple(std::optional<int>(), std::shared_ptr<int>())), "[null,null]");
    EXPECT_EQ(encode(std::make_unique<std::string>("x")), R"("x")");
    EXPECT_EQ(encode(std::monostate()), "null");
}

TEST(json_encode, writes_sequences_sets_arrays_and_tuples_as_arrays) {
    EXPECT_EQ(encode(std::vector<bool>{true, false}), "[true,false]");
    EXPECT_EQ(encode(std::list<int>{1}), "[1]");
    EXPECT_EQ(encode(std::deque<std::vector<int>>{{}, {1}}), "[[],[1]]");
    EXPECT_EQ(encode(std::set<std::string>{"b", "a"}), R"(["a","b"])");
    EXPECT_EQ(encode(std::array<int, 0>()), "[]");
    EXPECT_EQ(encode(std::pair(1, "a")), R"([1,"a"])");
    EXPECT_EQ(encode(std::tuple<>()), "[]");
    EXPECT_EQ(encode(std::tuple(1, true, 0.5)), "[1,true,0.5]");
}

TEST(json_encode, writes_maps_as_objects) {
    EXPECT_EQ(encode(std::map<std::string, int>{{"b", 1}, {"a\"", 2}}), R"({"a\"":2,"b":1})");
    EXPECT_EQ(encode(std::map<std::int64_t, int>{{std::numeric_limits<std::int64_t>::min(), 1}, {7, 2}}),
              R"({"-9223372036854775808":1,"7":2})");
    EXPECT_EQ(encode(std::map<std::uint8_t, int>{{255, 1}}), R"({"255":1})");
    EXPECT_EQ(encode(std::unordered_map<board::kind, int>{{board::kind::poll, 1}}), R"({"poll":1})");
    EXPECT_EQ(encode(std::map<std::string_view, std::map<int, int>>{{"a", {}}}), R"({"a":{}})");
}

TEST(json_encode, writes_enumerators_by_name) {
    EXPECT_EQ(encode(board::kind::job), R"("job")");
    EXPECT_EQ(unsayable(std::vector{board::kind::job, static_cast<board::kind>(77)}),
              "[1]: no enumerator has the value 77");
    EXPECT_EQ(unsayable(std::map<board::kind, int>{{static_cast<board::kind>(-1), 1}}),
              "no enumerator has the value -1");
}

TEST(json_encode, writes_values_of_types_that_are_not_known) {
    const std::string_view text = R"({"a":[1,-2,0.5,18446744073709551615,"x\n",true,null,{}],"b":{"c":"d"}})";
    EXPECT_EQ(encode(boost::json::parse(text)), text);
    EXPECT_EQ(encode(boost::json::value{5.0, -0.0, 1e22, 5}), "[5.0,-0.0,1e+22,5]")
        << "it is read as the same kind of number";
    boost::json::value value = {{"a", {1, {{"b", nullptr}}}}};
    value.at("a").at(1).at("b") = std::numeric_limits<double>::infinity();
    EXPECT_EQ(unsayable(value), "a[1].b: JSON has no infinity");
    value.at("a").at(1).at("b") = "\xff";
    EXPECT_EQ(unsayable(value), "a[1].b: a string that is not UTF-8");
}

TEST(json_encode, passes_raw_json_on_when_it_is_json) {
    EXPECT_EQ(encode(std::vector<raw>{raw{" {\"a\": 1} "}, raw{}}), "[ {\"a\": 1} ,null]");
    EXPECT_EQ(unsayable(std::vector<raw>{raw{}, raw{"{a:1}"}}),
              "[1]: raw text: expected a name in quotes at byte 1, got 'a'");
    EXPECT_EQ(unsayable(raw{""}), "raw text: no JSON: empty");
    EXPECT_EQ(unsayable(raw{"1,2"}), "raw text: expected the end at byte 1, got ','");
    EXPECT_EQ(unsayable(raw{"\"\xff\""}), "raw text: expected UTF-8 at byte 1, got 0xFF");
    try {
        encode(raw{"]"});
        FAIL() << "encoded";
    } catch (const encode_error& error) {
        EXPECT_EQ(error.code(), errc::bad_raw);
    }
}

TEST(json_encode, writes_types_that_travel_as_others) {
    EXPECT_EQ(encode(std::vector{board::percent(5)}), "[5]");
    EXPECT_EQ(encode(std::optional(board::percent(5))), "5");
}

TEST(json_encode, names_the_place_of_what_it_cannot_say) {
    board::page page;
    page.posts.resize(2);
    page.posts[1].by.name = "\xff";
    EXPECT_EQ(unsayable(page), "posts[1].by.name: a string that is not UTF-8");
    page.posts.clear();
    page.scores["a b"] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(unsayable(page), R"(scores["a b"]: JSON has no NaN)");
}

TEST(json_encode, has_an_end_where_a_structure_holds_itself) {
    board::comment top;
    for (board::comment* each = &top; each->text.size() < 1000;) {
        each->quoted = std::make_unique<board::comment>();
        each->quoted->text = each->text + 'x';
        each = each->quoted.get();
    }
    try {
        encode(top);
        FAIL() << "encoded";
    } catch (const encode_error& error) {
        EXPECT_EQ(error.code(), errc::too_deep);
    }
}

}  // namespace
}  // namespace mote::json
