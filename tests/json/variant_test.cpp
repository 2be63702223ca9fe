#include <tests/json/refused.hpp>
#include <tests/json/types.hpp>

#include <variant>
#include <vector>

namespace mote::json {
namespace {

using test::code_of;
using test::refused;

using scalar = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

TEST(json_variant, is_written_as_what_it_holds) {
    EXPECT_EQ(encode(std::vector<scalar>{{}, true, std::int64_t{5}, 0.5, "x"}), R"([null,true,5,0.5,"x"])");
}

TEST(json_variant, takes_the_first_alternative_that_fits) {
    EXPECT_EQ(decode<std::vector<scalar>>(R"([null,true,5,0.5,"x",5.0])"),
              (std::vector<scalar>{{}, true, std::int64_t{5}, 0.5, "x", std::int64_t{5}}));
    EXPECT_EQ((decode<std::variant<double, int>>("5").index()), 0U);
    EXPECT_EQ((decode<std::variant<std::uint8_t, std::int64_t>>("256")),
              (std::variant<std::uint8_t, std::int64_t>{std::int64_t{256}}));
    EXPECT_EQ((decode<std::variant<board::kind, std::string>>(R"("job")").index()), 0U);
    EXPECT_EQ((decode<std::variant<board::kind, std::string>>(R"("jobs")").index()), 1U);
}

TEST(json_variant, goes_back_to_the_start_of_the_value_for_the_next_alternative) {
    using either = std::variant<std::vector<int>, std::vector<std::vector<std::string>>>;
    EXPECT_EQ(
        (decode<std::vector<either>>(R"([[1],[["a"],["b"]],[]])")),
        (std::vector<either>{std::vector{1}, std::vector<std::vector<std::string>>{{"a"}, {"b"}}, std::vector<int>()}));
    using structures = std::variant<board::post, board::author>;
    EXPECT_EQ((decode<structures>(R"({"name":"a","tags":[[]]})")), structures(board::author{"a", {}}));
    EXPECT_EQ((decode<structures>(R"({"name":"a","by":{"name":{}}})")), structures(board::author{"a", {}}));
}

TEST(json_variant, says_what_is_wrong_with_the_only_alternative_of_that_kind) {
    using one_structure = std::variant<int, board::author>;
    EXPECT_EQ(refused<std::vector<one_structure>>(R"([1,{"name":2}])"), "[1].name: expected a string, got 2");
    EXPECT_EQ(code_of<one_structure>("3.5"), errc::wrong_type);
}

TEST(json_variant, says_that_none_of_several_fits) {
    EXPECT_EQ((refused<std::vector<std::variant<board::post, board::author>>>("[{}]")),
              "[0]: expected one of 2 alternatives, got an object");
    EXPECT_EQ((code_of<std::variant<int, std::uint8_t>>("3.5")), errc::no_alternative);
    EXPECT_EQ((refused<std::variant<int, std::uint8_t, bool>>("3.5")), "expected one of 2 alternatives, got 3.5");
}

TEST(json_variant, says_which_kinds_it_takes) {
    EXPECT_EQ(refused<scalar>("[]"), "expected a string, a number, a boolean or null, got an array");
    EXPECT_EQ((refused<std::variant<board::author, std::vector<int>>>("5")), "expected an object or an array, got 5");
    EXPECT_EQ((refused<std::variant<std::optional<int>, std::string>>("{}")),
              "expected a string, a number or null, got an object");
    EXPECT_EQ(refused<scalar>("nix"), "expected a value at byte 0, got 'n'");
}

TEST(json_variant, does_not_hide_errors_of_syntax) {
    using either = std::variant<board::post, board::author>;
    EXPECT_EQ(refused<either>(R"({"name":"a",})"), "expected a name in quotes at byte 12, got '}'");
    EXPECT_EQ(code_of<either>("{\"name\":\"\xff\"}"), errc::bad_utf8);
    EXPECT_EQ((code_of<std::variant<std::vector<raw>, std::tuple<raw>>>("[[[]]]", {.max_depth = 2})), errc::too_deep);
}

TEST(json_variant, keeps_count_of_levels_when_it_goes_back) {
    using either = std::variant<std::vector<std::vector<int>>, std::vector<std::vector<std::string>>>;
    EXPECT_EQ(refused<std::vector<either>>(R"([[["a"]],[["a"]],[["a"]]])", {.max_depth = 3}), "accepted");
}

TEST(json_variant, can_hold_optionals) {
    using either = std::variant<std::optional<int>, std::string>;
    EXPECT_EQ(decode<either>("null"), either(std::optional<int>()));
    EXPECT_EQ(encode(either(std::optional<int>())), "null");
}

// Both alternatives read all that is within before they fail: without a bound that doubles with each level.
struct left;
struct right;
using nest = std::vector<std::variant<left, right>>;
struct left {
    nest in;
    int l = 0;
};
struct right {
    nest in;
    int r = 0;
};
BOOST_DESCRIBE_STRUCT(left, (), (in, l))
BOOST_DESCRIBE_STRUCT(right, (), (in, r))

TEST(json_variant, is_not_tried_more_often_than_is_sensible) {
    std::string text;
    for (int level = 0; level < 200; ++level) text += R"({"in":[)";
    for (int level = 0; level < 200; ++level) text += "]}";
    EXPECT_EQ(code_of<nest>('[' + text + ']', {.max_depth = 1000}), errc::too_complex);
    EXPECT_EQ(refused<nest>(R"([{"in":[{"in":[],"r":1},{"r":1,"in":[]}],"r":2}])"), "accepted");
}

}  // namespace
}  // namespace mote::json
