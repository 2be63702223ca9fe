// JSON Schemas of services, ours and foreign, in one OpenAPI document.

#include <mote/micro/openapi.hpp>

#include <tests/micro/described_services.hpp>

#include <mote/json/schema.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace mote::test {

struct line {
    int count = 0;
    std::string item;
};
BOOST_DESCRIBE_STRUCT(line, (), (count, item))

struct order {
    std::vector<line> lines;
    std::optional<line> gift;
};
BOOST_DESCRIBE_STRUCT(order, (), (lines, gift))

struct tree {
    std::vector<tree> branches;
    line leaf;
};
BOOST_DESCRIBE_STRUCT(tree, (), (branches, leaf))

}  // namespace mote::test

namespace mote::micro {
namespace {

namespace json = boost::json;
using test::at;
using test::described_endpoint;
using test::described_service;
using test::typed_sides;

const std::string request_at = "/requestBody/content/application~1json/schema";
const std::string response_at = "/responses/200/content/application~1json/schema";

struct made_schema {
    json::value request;
    json::value components;
    std::vector<std::string> warnings;
};

std::string json_text(const json::value& value) { return json::serialize(value); }

/// Of one endpoint that takes what the schema says.
made_schema made_of(std::string schema) {
    const std::vector services{described_service(
        "S", {described_endpoint(
                 "e", {{"mote.request.type", "application/json"}, {"mote.request.schema", std::move(schema)}})})};
    const auto made = openapi(services);
    const auto document = json::parse(made.text);
    auto components = at(document, "/components/schemas");
    components.as_object().stable_erase("error");
    return {at(document, "/paths/~1service~1S~1e/post" + request_at), std::move(components), made.warnings};
}

void expect_left_out(const std::string& schema, const std::string& why) {
    const auto made = made_of(schema);
    EXPECT_TRUE(made.request.is_null()) << schema.substr(0, 100);
    EXPECT_EQ(made.components, json::object()) << schema.substr(0, 100);
    ASSERT_EQ(made.warnings.size(), 1U) << schema.substr(0, 100);
    EXPECT_TRUE(made.warnings[0].starts_with("S.e: its request schema: " + why)) << made.warnings[0];
}

TEST(openapi_schemas, of_our_types_are_components_by_name) {
    const auto made = made_of(mote::json::schema<test::order>());
    EXPECT_EQ(made.warnings, std::vector<std::string>{});
    ASSERT_TRUE(made.components.as_object().contains("mote.test.line")) << json_text(made.components);
    EXPECT_EQ(at(made.request, "/properties/lines/items/$ref"), "#/components/schemas/mote.test.line");
    EXPECT_FALSE(made.request.as_object().contains("$defs"));
    EXPECT_FALSE(made.request.as_object().contains("$schema"));
}

TEST(openapi_schemas, that_are_recursive_stay_so) {
    const auto made = made_of(mote::json::schema<test::tree>());
    EXPECT_EQ(made.request, json::parse(R"({"$ref":"#/components/schemas/mote.test.tree"})"));
    EXPECT_EQ(at(made.components, "/mote.test.tree/properties/branches/items/$ref"),
              "#/components/schemas/mote.test.tree");
}

TEST(openapi_schemas, that_are_the_same_are_there_once) {
    const auto sides = typed_sides(mote::json::schema<test::order>(), mote::json::schema<test::tree>());
    const std::vector services{described_service("A", {described_endpoint("e", sides), described_endpoint("f", sides)}),
                               described_service("B", {described_endpoint("e", sides)})};
    const auto made = openapi(services);
    EXPECT_EQ(made.warnings, std::vector<std::string>{});
    const auto document = json::parse(made.text);
    EXPECT_EQ(at(document, "/components/schemas").as_object().size(), 3U) << made.text;
}

TEST(openapi_schemas, of_one_name_that_differ_have_names_of_their_own) {
    const auto schema = [](const char* type) {
        return std::string(R"({"$ref":"#/$defs/post","$defs":{"post":{"type":")") + type + R"("}}})";
    };
    const std::vector services{
        described_service("A", {described_endpoint("e", typed_sides(schema("object"), schema("array")))}),
        described_service("B", {described_endpoint("e", typed_sides(schema("array"), schema("string")))}),
        described_service("A.e", {described_endpoint("request", typed_sides("true", schema("null")))})};
    const auto made = openapi(services);
    const auto document = json::parse(made.text);
    const auto ref = [&](const std::string& service, const std::string& pointer) {
        return at(document, "/paths/~1service~1" + service + "/post" + pointer + "/$ref");
    };
    EXPECT_EQ(ref("A~1e", request_at), "#/components/schemas/post");
    EXPECT_EQ(ref("A~1e", response_at), "#/components/schemas/A.e.response.post");
    EXPECT_EQ(ref("B~1e", request_at), "#/components/schemas/A.e.response.post") << "the same";
    EXPECT_EQ(ref("B~1e", response_at), "#/components/schemas/B.e.response.post");
    EXPECT_EQ(at(document, "/components/schemas/B.e.response.post/type"), "string");
    EXPECT_EQ(ref("A.e~1request", response_at), "#/components/schemas/A.e.request.response.post");
}

TEST(openapi_schemas, are_not_the_same_when_what_they_refer_to_is_not) {
    const auto schema = [](const char* type) {
        return std::string(R"({"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/b"}},"b":{"type":")") + type +
               R"("}}})";
    };
    const std::vector services{
        described_service("S", {described_endpoint("e", typed_sides(schema("string"), schema("null")))})};
    const auto document = json::parse(openapi(services).text);
    EXPECT_EQ(at(document, "/components/schemas/a/items/$ref"), "#/components/schemas/b");
    EXPECT_EQ(at(document, "/components/schemas/S.e.response.a/items/$ref"), "#/components/schemas/S.e.response.b");
    EXPECT_EQ(at(document, "/components/schemas/S.e.response.b/type"), "null");
}

TEST(openapi_schemas, keep_our_own_component) {
    const auto made = openapi(std::vector{described_service(
        "S", {described_endpoint(
                 "e", typed_sides(R"({"$ref":"#/$defs/error","$defs":{"error":{"type":"null"}}})", "true"))})});
    const auto document = json::parse(made.text);
    EXPECT_EQ(at(document, "/components/schemas/error/type"), "string");
    EXPECT_EQ(at(document, "/components/schemas/S.e.request.error/type"), "null");
}

TEST(openapi_schemas, have_names_that_openapi_allows) {
    const auto made = made_of(R"({"allOf":[{"$ref":"#/$defs/a~1b%20~0c"},{"$ref":"#/$defs/a b"},{"$ref":"#/$defs/"},)"
                              R"({"$ref":"#/$defs/\"é"}],)"
                              R"("$defs":{"a/b ~c":{"type":"null"},"a b":true,"":{},"\"é":{"title":"x"}}})");
    EXPECT_EQ(made.warnings, std::vector<std::string>{});
    EXPECT_EQ(json_text(made.request), R"({"allOf":[{"$ref":"#/components/schemas/a_b__c"},)"
                                       R"({"$ref":"#/components/schemas/a_b"},{"$ref":"#/components/schemas/schema"},)"
                                       R"({"$ref":"#/components/schemas/___"}]})");
    EXPECT_EQ(json_text(made.components), R"({"a_b__c":{"type":"null"},"a_b":true,"schema":{},"___":{"title":"x"}})");
}

TEST(openapi_schemas, that_refer_to_themselves_as_a_whole_are_components) {
    const auto made = made_of(R"({"properties":{"next":{"$ref":"#"}}})");
    EXPECT_EQ(json_text(made.request), R"({"$ref":"#/components/schemas/S.e.request"})");
    EXPECT_EQ(json_text(made.components),
              R"({"S.e.request":{"properties":{"next":{"$ref":"#/components/schemas/S.e.request"}}}})");
}

TEST(openapi_schemas, have_references_only_where_schemas_stand) {
    const auto made =
        made_of(R"({"properties":{"enum":{"$ref":"#/$defs/x"},"$ref":{"type":"null"},"default":{"$ref":"#/$defs/x"}},)"
                R"("const":{"$ref":1},"$defs":{"x":true}})");
    EXPECT_EQ(made.warnings, std::vector<std::string>{});
    EXPECT_EQ(at(made.request, "/properties/enum/$ref"), "#/components/schemas/x");
    EXPECT_EQ(at(made.request, "/properties/default/$ref"), "#/components/schemas/x");
    EXPECT_EQ(at(made.request, "/properties/$ref/type"), "null");
}

TEST(openapi_schemas, with_references_in_data_are_left_out_because_others_would_follow_them) {
    const std::string data = R"({"$ref":"http://x.example/y"})";
    for (const auto* const keyword : {"const", "default", "x-more", "example"})
        for (const std::string& value : {data, "[1," + data + "]", R"({"a":)" + data + "}"})
            expect_left_out(R"({"items":{")" + std::string(keyword) + R"(":)" + value + "}}",
                            "$ref in what is no schema");
    for (const auto* const keyword : {"enum", "examples"})
        expect_left_out("{\"" + std::string(keyword) + "\":[" + data + "]}", "$ref in what is no schema");
}

TEST(openapi_schemas, leave_out_definitions_that_nobody_needs) {
    const auto made = made_of(R"({"$id":"urn:x","type":"null","$defs":{"x":true}})");
    EXPECT_EQ(json_text(made.request), R"({"type":"null"})");
    EXPECT_EQ(made.components, json::object());
}

TEST(openapi_schemas, that_are_no_json_are_left_out) {
    for (const auto* const text : {"{", "nonsense", "{\"title\":\"\xff\"}", "{} {}", "\xef\xbb\xbf{}", "{\"a\":NaN}"})
        expect_left_out(text, "not JSON: ");
    expect_left_out(std::string(100'000, '['), "not JSON: ");
    expect_left_out(R"({"minimum":0e400})", "a number that is none");
    expect_left_out(R"({"x-any":[1e400]})", "");
}

TEST(openapi_schemas, that_are_no_schemas_are_left_out) {
    for (const auto* const text :
         {"null", "[]", "1", "\"true\"", R"({"items":[]})", R"({"items":null})", R"({"not":1})",
          R"({"properties":{"a":1}})", R"({"anyOf":[1]})", R"({"$defs":{"a":1}})"}) {
        const auto made = made_of(text);
        EXPECT_TRUE(made.request.is_null()) << text;
        EXPECT_EQ(made.warnings.size(), 1U) << text;
    }
    for (const auto* const text :
         {R"({"type":"int"})", R"({"type":5})", R"({"type":[]})", R"({"type":["null","null"]})", R"({"type":[1]})"})
        expect_left_out(text, "a wrong value for type");
    for (const auto* const text : {R"({"required":"a"})", R"({"required":[1]})", R"({"required":["a","a"]})"})
        expect_left_out(text, "a wrong value for required");
    expect_left_out(R"({"anyOf":[]})", "a wrong value for anyOf");
    expect_left_out(R"({"properties":[]})", "a wrong value for properties");
    expect_left_out(R"({"minimum":"1"})", "a wrong value for minimum");
    expect_left_out(R"({"multipleOf":0})", "a wrong value for multipleOf");
    expect_left_out(R"({"maxLength":-1})", "a wrong value for maxLength");
    expect_left_out(R"({"maxLength":1.5})", "a wrong value for maxLength");
    expect_left_out(R"({"uniqueItems":1})", "a wrong value for uniqueItems");
    expect_left_out(R"({"title":1})", "a wrong value for title");
    expect_left_out(R"({"enum":1})", "a wrong value for enum");
    expect_left_out(R"({"$ref":1})", "a wrong value for $ref");
}

TEST(openapi_schemas, of_another_dialect_are_left_out) {
    expect_left_out(R"({"$schema":"http://json-schema.org/draft-07/schema#"})",
                    "its $schema is not that of draft 2020-12");
    expect_left_out(R"({"$schema":1})", "its $schema is not that of draft 2020-12");
}

TEST(openapi_schemas, that_refer_to_what_is_not_there_are_left_out) {
    for (const auto* const to :
         {"#/$defs/a", "#/$defs/b/c", "#/$defs/b~2", "#/$defs/b~", "#/$defs/%4", "#/$defs", "#b", "b",
          "http://x.example/y", "", "file:///etc/passwd", "#/properties/b", "#/components/schemas/error"})
        expect_left_out(R"({"items":{"$ref":")" + std::string(to) + R"("},"$defs":{"b":true}})", "it refers to \"");
    expect_left_out(R"({"$defs":{"b":{"$ref":"#/$defs/a"}}})", "it refers to \"#/$defs/a\"");
}

TEST(openapi_schemas, with_names_of_their_own_within_are_left_out) {
    for (const auto* const keyword : {"$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$schema"})
        expect_left_out(R"({"items":{")" + std::string(keyword) + R"(":"#a"}})",
                        std::string(keyword) + " within a schema is not supported");
    expect_left_out(R"({"discriminator":{"propertyName":"x"}})", "discriminator within");
}

TEST(openapi_schemas, that_are_themselves_without_end_are_left_out) {
    for (
        const auto* const text :
        {R"({"$ref":"#"})", R"({"anyOf":[{"$ref":"#"},true]})", R"({"$defs":{"a":{"$ref":"#/$defs/a"}}})",
         R"({"items":{"$ref":"#/$defs/a"},"$defs":{"a":{"not":{"$ref":"#/$defs/b"}},"b":{"if":{"$ref":"#/$defs/a"}}}})"})
        expect_left_out(text, "a definition of it is itself");
    EXPECT_EQ(made_of(R"({"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/a"}}}})").warnings.size(), 0U);
}

TEST(openapi_schemas, that_are_too_much_are_left_out) {
    expect_left_out(R"({"title":")" + std::string(1024 * 1024, 'x') + R"("})", "larger than 1048576 bytes");
    const auto with_definitions = [](int count) {
        std::string text = R"({"items":{"$ref":"#/$defs/d0"},"$defs":{)";
        for (int each = 0; each < count; ++each)
            text += (each == 0 ? "\"d" : ",\"d") + std::to_string(each) + R"(":{"items":{"$ref":"#/$defs/d)" +
                    std::to_string((each + 1) % count) + R"("}})";
        return text + "}}";
    };
    expect_left_out(with_definitions(501), "more than 500 definitions");
    EXPECT_EQ(made_of(with_definitions(500)).components.as_object().size(), 500U);
    std::string deep = "true";
    for (int level = 0; level < 100; ++level) deep = R"({"not":)" + deep + "}";
    expect_left_out(deep, "not JSON: ");
}

TEST(openapi_schemas, that_were_not_fetched_are_told) {
    const auto made = openapi(std::vector{
        described_service("S", {described_endpoint("e", {{"mote.request.type", "application/json"},
                                                         {"mote.request.schema.ref", "mote.schema.S.1 e/request"}})})});
    EXPECT_EQ(made.warnings,
              std::vector<std::string>{"S.e: its request schema: is served elsewhere, and was not fetched"});
}

}  // namespace
}  // namespace mote::micro
