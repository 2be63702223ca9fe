#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <deque>
#include <list>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace mote::json {
namespace {

using test::refused;

TEST(json_decode, reads_booleans) {
    EXPECT_TRUE(decode<bool>("true"));
    EXPECT_FALSE(decode<bool>(" false "));
}

TEST(json_decode, reads_all_kinds_of_sequences) {
    EXPECT_EQ(decode<std::vector<int>>("[1, 2,3 ]"), (std::vector{1, 2, 3}));
    EXPECT_EQ(decode<std::vector<bool>>("[true,false]"), (std::vector{true, false}));
    EXPECT_EQ(decode<std::list<int>>("[1]"), (std::list{1}));
    EXPECT_EQ(decode<std::deque<std::string>>(R"(["a","b"])"), (std::deque<std::string>{"a", "b"}));
    EXPECT_EQ(decode<std::vector<int>>("[]"), std::vector<int>());
    EXPECT_EQ(decode<std::vector<std::vector<int>>>("[[],[1],[2,3]]"),
              (std::vector<std::vector<int>>{{}, {1}, {2, 3}}));
}

TEST(json_decode, reads_sets_and_takes_the_same_element_once) {
    EXPECT_EQ(decode<std::set<int>>("[3,1,3]"), (std::set{1, 3}));
    EXPECT_EQ(decode<std::unordered_set<std::string>>(R"(["a","a"])"), (std::unordered_set<std::string>{"a"}));
}

TEST(json_decode, reads_arrays_of_a_fixed_size_pairs_and_tuples) {
    EXPECT_EQ((decode<std::array<int, 3>>("[1,2,3]")), (std::array{1, 2, 3}));
    EXPECT_EQ((decode<std::array<int, 0>>("[]")), (std::array<int, 0>{}));
    EXPECT_EQ((decode<std::pair<int, std::string>>(R"([1,"a"])")), (std::pair<int, std::string>{1, "a"}));
    EXPECT_EQ((decode<std::tuple<bool, double, std::string>>(R"([true,0.5,"x"])")),
              (std::tuple{true, 0.5, std::string("x")}));
    EXPECT_EQ(decode<std::tuple<>>("[]"), std::tuple<>());
}

TEST(json_decode, reads_maps_with_strings_integers_and_enumerators_as_keys) {
    EXPECT_EQ((decode<std::map<std::string, int>>(R"({"b":2,"a":1,"":0})")),
              (std::map<std::string, int>{{"", 0}, {"a", 1}, {"b", 2}}));
    EXPECT_EQ((decode<std::map<int, bool>>(R"({"-7":true,"0":false})")), (std::map<int, bool>{{-7, true}, {0, false}}));
    EXPECT_EQ((decode<std::map<board::kind, int>>(R"({"job":1})")),
              (std::map<board::kind, int>{{board::kind::job, 1}}));
    EXPECT_EQ((decode<std::unordered_map<std::string, std::vector<int>>>(R"({"a":[1]})")),
              (std::unordered_map<std::string, std::vector<int>>{{"a", {1}}}));
}

TEST(json_decode, keeps_a_key_with_escapes_while_its_value_has_escapes_too) {
    EXPECT_EQ((decode<std::map<std::string, std::string>>(R"({"\u0061\n":"\u0062\t"})")),
              (std::map<std::string, std::string>{{"a\n", "b\t"}}));
    EXPECT_EQ((refused<std::map<std::string, std::map<std::string, int>>>(R"({"\u0061":{"\u0062":"x"}})")),
              "a.b: expected an integer, got a string");
}

TEST(json_decode, takes_the_last_of_two_keys) {
    EXPECT_EQ((decode<std::map<std::string, int>>(R"({"a":1,"a":2})")), (std::map<std::string, int>{{"a", 2}}));
    EXPECT_EQ(decode<board::author>(R"({"name":"a","name":"b"})").name, "b");
}

TEST(json_decode, forgets_all_of_the_first_of_two_structures_with_one_name) {
    const auto read = decode<board::settings>(R"({"owner":{"name":"a","karma":9},"owner":{"name":"b"}})");
    EXPECT_EQ(read.owner, (board::author{"b", 1})) << "its karma is the default, not 9";
}

TEST(json_decode, reads_enumerators_by_name) {
    EXPECT_EQ(decode<board::kind>(R"("job")"), board::kind::job);
    EXPECT_EQ(decode<board::kind>(R"("j\u006fb")"), board::kind::job);
}

TEST(json_decode, reads_null_as_an_absent_optional_or_pointer) {
    EXPECT_EQ(decode<std::optional<int>>("null"), std::nullopt);
    EXPECT_EQ(decode<std::optional<int>>("5"), 5);
    EXPECT_EQ(decode<std::unique_ptr<int>>("null"), nullptr);
    EXPECT_EQ(*decode<std::unique_ptr<int>>("5"), 5);
    EXPECT_EQ(*decode<std::shared_ptr<const std::string>>(R"("x")"), "x");
    EXPECT_EQ(decode<std::vector<std::optional<int>>>("[null,1]"), (std::vector<std::optional<int>>{{}, 1}));
    EXPECT_EQ(decode<std::monostate>("null"), std::monostate());
}

TEST(json_decode, reads_values_of_types_that_are_not_known) {
    const std::string_view text =
        R"({"a":[1,-2,0.5,18446744073709551615,"x\n",true,null,{}],"b":{"c":"d"},"\u0065":{"\u0066":-9223372036854775808}})";
    EXPECT_EQ(decode<boost::json::value>(text), boost::json::parse(text));
    EXPECT_EQ(decode<boost::json::value>(R"({"a":1,"a":2})").as_object().at("a"), 2);
    EXPECT_TRUE(decode<boost::json::value>("99999999999999999999").is_double());
    EXPECT_TRUE(decode<boost::json::value>("1.0").is_double());
    EXPECT_EQ(refused<boost::json::value>(R"({"a":[0,1e999]})"),
              "a[1]: expected a number within the range of a double, got 1e999");
    EXPECT_EQ(refused<boost::json::value>("[nil]"), "[0]: expected a value at byte 1, got 'n'");
}

TEST(json_decode, keeps_raw_json_as_it_is) {
    EXPECT_EQ(decode<raw>(R"( {"a": [1, 2.50]} )").text, R"({"a": [1, 2.50]})");
    EXPECT_EQ(decode<std::vector<raw>>(R"([1,"\u0061"])").at(1).text, R"("\u0061")");
    EXPECT_EQ(refused<raw>("{a:1}"), "expected a name in quotes at byte 1, got 'a'");
}

TEST(json_decode, reads_types_that_travel_as_others) {
    EXPECT_EQ(decode<board::percent>("55"), board::percent(55));
    EXPECT_EQ(refused<std::vector<board::percent>>("[1,101]"), "[1]: expected a percentage from 0 to 100");
    EXPECT_EQ(test::code_of<board::percent>("-1"), errc::bad_value);
    EXPECT_EQ(refused<board::percent>("\"5\""), "expected an integer, got a string");
}

TEST(json_decode, has_no_form_for_what_it_cannot_own_or_does_not_know) {
    struct unknown {};
    static_assert(decodable<std::string> && decodable<board::page> && decodable<std::vector<int>>);
    static_assert(!decodable<std::string_view> && !decodable<const char*> && !decodable<unknown> && !decodable<int*>);
    static_assert(!decodable<char> && !decodable<long double> && !decodable<std::chrono::duration<double>>);
    static_assert(encodable<std::string_view> && encodable<const char*> && !encodable<unknown> && !encodable<void*>);
}

}  // namespace
}  // namespace mote::json
