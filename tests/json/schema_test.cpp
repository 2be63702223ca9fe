#include <mote/json/schema.hpp>

#include <tests/json/types.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <tuple>
#include <variant>

namespace mote::json {
namespace {

/// The schema without what all documents begin with.
template <class T>
std::string body() {
    const std::string_view begin = R"({"$schema":"https://json-schema.org/draft/2020-12/schema")";
    std::string text = schema<T>();
    EXPECT_EQ(text.substr(0, begin.size()), begin);
    text.erase(0, begin.size());
    return text.starts_with(',') ? '{' + text.substr(1) : '{' + text;
}

TEST(json_schema, of_scalars) {
    EXPECT_EQ(body<bool>(), R"({"type":"boolean"})");
    EXPECT_EQ(body<double>(), R"({"type":"number"})");
    EXPECT_EQ(body<float>(), R"({"type":"number"})");
    EXPECT_EQ(body<std::string>(), R"({"type":"string"})");
    EXPECT_EQ(body<std::monostate>(), R"({"type":"null"})");
    EXPECT_EQ(body<board::kind>(), R"({"type":"string","enum":["story","job","poll"]})");
    EXPECT_EQ(body<boost::json::value>(), "{}");
    EXPECT_EQ(body<raw>(), "{}");
    EXPECT_EQ(body<board::percent>(), body<int>()) << "it travels as one";
}

TEST(json_schema, of_integers_has_the_bounds_of_the_type_up_to_64_bits) {
    EXPECT_EQ(body<std::uint8_t>(), R"({"type":"integer","minimum":0,"maximum":255})");
    EXPECT_EQ(body<std::int8_t>(), R"({"type":"integer","minimum":-128,"maximum":127})");
    EXPECT_EQ(body<std::int32_t>(), R"({"type":"integer","minimum":-2147483648,"maximum":2147483647})");
    EXPECT_EQ(body<std::uint32_t>(), R"({"type":"integer","minimum":0,"maximum":4294967295})");
    EXPECT_EQ(body<std::int64_t>(), R"({"type":"integer"})");
    EXPECT_EQ(body<std::uint64_t>(), R"({"type":"integer","minimum":0})");
}

TEST(json_schema, of_times_and_durations) {
    EXPECT_EQ(body<std::chrono::sys_seconds>(), R"({"type":"string","format":"date-time"})");
    EXPECT_EQ(body<std::chrono::nanoseconds>(), R"({"type":"integer"})");
    EXPECT_EQ(body<std::chrono::milliseconds>(), R"({"type":"integer","multipleOf":1000000})");
}

TEST(json_schema, of_containers) {
    EXPECT_EQ(body<std::vector<bool>>(), R"({"type":"array","items":{"type":"boolean"}})");
    EXPECT_EQ(body<std::set<std::string>>(), R"({"type":"array","items":{"type":"string"}})");
    EXPECT_EQ((body<std::array<bool, 2>>()),
              R"({"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":2})");
    EXPECT_EQ((body<std::tuple<bool, std::string>>()),
              R"({"type":"array","prefixItems":[{"type":"boolean"},{"type":"string"}],"minItems":2,"maxItems":2})");
    EXPECT_EQ(body<std::tuple<>>(), R"({"type":"array","minItems":0,"maxItems":0})");
    EXPECT_EQ((body<std::map<std::string, bool>>()), R"({"type":"object","additionalProperties":{"type":"boolean"}})");
    EXPECT_EQ(
        (body<std::map<int, bool>>()),
        R"({"type":"object","propertyNames":{"pattern":"^(0|-?[1-9][0-9]*)$"},"additionalProperties":{"type":"boolean"}})");
    EXPECT_EQ(
        (body<std::map<unsigned, bool>>()),
        R"({"type":"object","propertyNames":{"pattern":"^(0|[1-9][0-9]*)$"},"additionalProperties":{"type":"boolean"}})");
    EXPECT_EQ((body<std::map<board::kind, raw>>()),
              R"({"type":"object","propertyNames":{"enum":["story","job","poll"]},"additionalProperties":{}})");
}

TEST(json_schema, of_what_may_be_absent_takes_null) {
    EXPECT_EQ(body<std::optional<bool>>(), R"({"type":["boolean","null"]})");
    EXPECT_EQ(body<std::unique_ptr<std::vector<bool>>>(), R"({"type":["array","null"],"items":{"type":"boolean"}})");
    EXPECT_EQ(body<std::optional<std::optional<bool>>>(), R"({"type":["boolean","null"]})");
    EXPECT_EQ(body<std::optional<board::kind>>(),
              R"({"anyOf":[{"type":"string","enum":["story","job","poll"]},{"type":"null"}]})");
    EXPECT_EQ(body<std::optional<raw>>(), "{}");
    EXPECT_EQ(body<std::optional<std::monostate>>(), R"({"type":"null"})");
}

TEST(json_schema, of_variants_is_any_of_their_alternatives) {
    EXPECT_EQ((body<std::variant<bool, std::string>>()), R"({"anyOf":[{"type":"boolean"},{"type":"string"}]})");
    EXPECT_EQ((body<std::optional<std::variant<std::monostate, bool>>>()),
              R"({"anyOf":[{"type":"null"},{"type":"boolean"}]})");
    EXPECT_EQ((body<std::optional<std::variant<bool>>>()),
              R"({"anyOf":[{"anyOf":[{"type":"boolean"}]},{"type":"null"}]})");
}

TEST(json_schema, of_a_structure_has_its_members_in_order_and_names_those_that_are_required) {
    EXPECT_EQ(
        body<board::author>(),
        R"({"type":"object","properties":{"name":{"type":"string"},)"
        R"("karma":{"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647}},"required":["name"]})");
}

TEST(json_schema, of_structures_within_are_definitions) {
    EXPECT_EQ(body<board::page>(),
              R"({"type":"object","properties":{"posts":{"type":"array","items":{"$ref":"#/$defs/board.post"}},)"
              R"("scores":{"type":"object","additionalProperties":{"type":"number"}}},"required":["posts","scores"],)"
              R"("$defs":{"board.author":{"type":"object","properties":{"name":{"type":"string"},)"
              R"("karma":{"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647}},"required":["name"]},)"
              R"("board.post":{"type":"object","properties":{"id":{"type":"integer"},"title":{"type":"string"},)"
              R"("score":{"type":"number"},"type":{"type":"string","enum":["story","job","poll"]},)"
              R"("by":{"$ref":"#/$defs/board.author"},"tags":{"type":"array","items":{"type":"string"}},)"
              R"("url":{"type":["string","null"]}},"required":["id","title","score","type","by","tags"]}}})");
}

TEST(json_schema, of_a_structure_that_holds_itself_refers_to_itself) {
    EXPECT_EQ(
        body<board::comment>(),
        R"({"$ref":"#/$defs/board.comment","$defs":{"board.comment":{"type":"object","properties":{)"
        R"("text":{"type":"string"},"replies":{"type":"array","items":{"$ref":"#/$defs/board.comment"}},)"
        R"("quoted":{"anyOf":[{"$ref":"#/$defs/board.comment"},{"type":"null"}]}},"required":["text","replies"]}}})");
}

TEST(json_schema, says_what_about_says) {
    EXPECT_EQ(
        body<board::with_defaults>(),
        R"({"type":"object","properties":{"times":{"type":"integer","minimum":-2147483648,"maximum":2147483647,)"
        R"("description":"How often."},"greeting":{"type":"string"},"loud":{"type":"boolean"}},"required":["loud"],)"
        R"("title":"Defaults","description":"How to \"greet\"."})");
    EXPECT_EQ(body<board::settings>().find("required\":[\"retries"), std::string::npos) << "all are optional";
    EXPECT_EQ(
        body<std::vector<board::renamed>>(),
        R"({"type":"array","items":{"$ref":"#/$defs/other_name"},"$defs":{"other_name":{"type":"object","properties":{)"
        R"("max-size":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
        R"("class":{"type":"string","description":"A word of C++."}},"required":["max-size","class"]}}})");
    EXPECT_EQ(body<board::derived>(),
              R"({"type":"object","properties":{"id":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
              R"("note":{"type":"string","description":"Free text."},)"
              R"("size":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},"required":["id","size"]})");
}

TEST(json_schema, in_parts_is_for_other_documents) {
    const schema_parts parts = schema_in_parts<board::post>({.ref_prefix = "#/components/schemas/"});
    EXPECT_EQ(parts.root, R"({"$ref":"#/components/schemas/board.post"})");
    ASSERT_EQ(parts.definitions.size(), 2U);
    EXPECT_EQ(parts.definitions[0].name, "board.author");
    EXPECT_EQ(parts.definitions[1].name, "board.post");
    EXPECT_NE(parts.definitions[1].schema.find(R"("by":{"$ref":"#/components/schemas/board.author"})"),
              std::string::npos);
    EXPECT_TRUE(schema_in_parts<int>().definitions.empty());
    EXPECT_EQ(schema_in_parts<std::vector<bool>>().root, R"({"type":"array","items":{"type":"boolean"}})");
}

template <class T>
struct box {
    T held;
};
BOOST_DESCRIBE_STRUCT(box<bool>, (), (held))
BOOST_DESCRIBE_STRUCT(box<board::author>, (), (held))

TEST(json_schema, names_definitions_with_what_openapi_takes) {
    EXPECT_EQ(schema_in_parts<box<bool>>().root, R"({"$ref":"#/$defs/mote.json.box_bool"})");
    EXPECT_EQ(schema_in_parts<box<board::author>>().root, R"({"$ref":"#/$defs/mote.json.box_board.author"})");
    EXPECT_EQ(detail::definition_name("a::(anonymous namespace)::b<c::d<int>, const e *>"), "a.b_c.d_int_conste");
    EXPECT_EQ(detail::definition_name("{anonymous}::b"), "b");
}

namespace one {
struct same {
    bool a = false;
};
BOOST_DESCRIBE_STRUCT(same, (), (a))
}  // namespace one
namespace two {
struct same {
    std::string a;
    std::vector<one::same> others;
};
BOOST_DESCRIBE_STRUCT(same, (), (a, others))
}  // namespace two

}  // namespace

template <>
struct about<one::same> {
    static constexpr std::string_view name = "same";
};
template <>
struct about<two::same> {
    static constexpr std::string_view name = "same";
};

namespace {

TEST(json_schema, gives_two_types_of_one_name_two_names) {
    const auto parts = schema_in_parts<std::pair<two::same, one::same>>();
    ASSERT_EQ(parts.definitions.size(), 2U);
    EXPECT_EQ(parts.definitions[0].name, "same");
    EXPECT_EQ(parts.definitions[1].name, "same_2");
    EXPECT_EQ(parts.definitions[1].schema,
              R"({"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"]})");
    EXPECT_NE(parts.root.find(R"([{"$ref":"#/$defs/same"},{"$ref":"#/$defs/same_2"}])"), std::string::npos);
}

TEST(json_schema, is_the_same_each_time) { EXPECT_EQ(schema<board::page>(), schema<board::page>()); }

}  // namespace
}  // namespace mote::json
