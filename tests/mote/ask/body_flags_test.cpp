// The members of a body as flags, from the JSON Schema that the endpoint tells.

#include <apps/mote/ask/body_flags.hpp>
#include <apps/mote/exit_code.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mote::command {
namespace {

// As the library writes it of structures.
constexpr const char* order_schema = R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
"properties":{
  "id":{"type":"integer","minimum":-2147483648,"maximum":2147483647,"description":"Number of the order"},
  "weight":{"type":["number","null"]},
  "gift":{"type":["boolean","null"]},
  "speed":{"anyOf":[{"type":"string","enum":["slow","express"]},{"type":"null"}]},
  "tags":{"type":["array","null"],"items":{"type":"string"}},
  "counts":{"type":["array","null"],"items":{"type":"integer"}},
  "place":{"type":["array","null"],"prefixItems":[{"type":"number"},{"type":"string"}],"minItems":2,"maxItems":2},
  "customer":{"$ref":"#/$defs/customer"},
  "labels":{"type":["object","null"],"additionalProperties":{"type":"integer"}},
  "either":{"anyOf":[{"type":"integer"},{"type":"boolean"},{"type":"string"}]},
  "free":{},
  "at":{"type":["string","null"],"format":"date-time"},
  "timeout":{"type":["string","null"]},
  "parent":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},
"required":["id","customer"],
"$defs":{
  "customer":{"type":"object","properties":{"name":{"type":"string"},"city":{"type":["string","null"]}},"required":["name"]},
  "node":{"type":"object","properties":{"name":{"type":"string"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},
          "required":["name"]}}})";

body_flags order_flags() { return {"Orders new", order_schema, {"timeout", "json"}}; }

body_flag flag(std::string name, std::string value) { return {std::move(name), std::move(value)}; }
body_flag alone(std::string name) { return {std::move(name), std::nullopt}; }

const std::vector<body_flag> least{flag("id", "3"), flag("customer.name", "Ada")};

std::string made(std::vector<body_flag> more) {
    more.insert(more.begin(), least.begin(), least.end());
    return boost::json::serialize(order_flags().make(more));
}

std::string with(const std::string& members) { return R"({"id":3,"customer":{"name":"Ada"},)" + members + "}"; }

std::string refusal_of(const body_flags& flags, const std::vector<body_flag>& given) {
    try {
        return "made: " + boost::json::serialize(flags.make(given));
    } catch (const failure& refused) {
        EXPECT_EQ(refused.code(), exit_code::usage);
        return refused.what();
    }
}

std::string refusal(std::vector<body_flag> more) {
    more.insert(more.begin(), least.begin(), least.end());
    return refusal_of(order_flags(), more);
}

TEST(mote_body_flags, make_an_object_of_what_is_required) {
    EXPECT_EQ(made({}), R"({"id":3,"customer":{"name":"Ada"}})");
}

TEST(mote_body_flags, make_values_of_each_type) {
    EXPECT_EQ(made({flag("weight", "2.5")}), with(R"("weight":2.5E0)"));
    EXPECT_EQ(made({flag("weight", "-2")}), with(R"("weight":-2)"));
    EXPECT_EQ(made({alone("gift")}), with(R"("gift":true)"));
    EXPECT_EQ(made({flag("gift", "false")}), with(R"("gift":false)"));
    EXPECT_EQ(made({flag("gift", "null")}), with(R"("gift":null)"));
    EXPECT_EQ(made({flag("speed", "express")}), with(R"("speed":"express")"));
    EXPECT_EQ(made({flag("at", "2026-01-31T12:00:00Z")}), with(R"("at":"2026-01-31T12:00:00Z")"));
    EXPECT_EQ(made({flag("customer.city", "12")}), R"({"id":3,"customer":{"name":"Ada","city":"12"}})")
        << "a text stays one, whatever it looks like";
    EXPECT_EQ(made({flag("customer.city", "")}), R"({"id":3,"customer":{"name":"Ada","city":""}})");
}

TEST(mote_body_flags, make_arrays_of_what_is_repeated) {
    EXPECT_EQ(made({flag("tags", "a"), flag("tags", "b c")}), with(R"("tags":["a","b c"])"));
    EXPECT_EQ(made({flag("counts", "1"), flag("counts", "-2")}), with(R"("counts":[1,-2])"));
    EXPECT_EQ(made({flag("counts", "[1,2]")}), with(R"("counts":[1,2])")) << "or of all at once";
    EXPECT_EQ(made({flag("place", "1.5"), flag("place", "here")}), with(R"("place":[1.5E0,"here"])"));
}

TEST(mote_body_flags, make_members_of_members_and_of_maps) {
    EXPECT_EQ(made({flag("labels.a", "1"), flag("labels.b.c", "2")}), with(R"("labels":{"a":1,"b.c":2})"))
        << "the keys of a map may have dots";
    EXPECT_EQ(made({flag("free.a.b", "1"), flag("free.c", "x")}), with(R"("free":{"a":{"b":1},"c":"x"})"));
    EXPECT_EQ(made({flag("parent.name", "p"), flag("parent.next.name", "q")}),
              with(R"("parent":{"name":"p","next":{"name":"q"}})"));
    EXPECT_EQ(made({flag("parent", R"({"name":"p"})")}), with(R"("parent":{"name":"p"})")) << "as JSON, too";
}

TEST(mote_body_flags, take_the_first_alternative_that_a_text_is) {
    EXPECT_EQ(made({flag("either", "12")}), with(R"("either":12)"));
    EXPECT_EQ(made({flag("either", "true")}), with(R"("either":true)"));
    EXPECT_EQ(made({flag("either", "12a")}), with(R"("either":"12a")"));
    EXPECT_EQ(made({flag("free", "[1]")}), with(R"("free":[1])"));
    EXPECT_EQ(made({flag("free", "[1")}), with(R"("free":"[1")"));
}

TEST(mote_body_flags, say_which_flag_is_wrong_and_what_was_expected) {
    EXPECT_EQ(refusal({flag("weight", "heavy")}), R"(Orders new: --weight: expected NUMBER, got "heavy")");
    EXPECT_EQ(refusal({flag("counts", "1.5")}), R"(Orders new: --counts: expected INTEGER, got "1.5")");
    EXPECT_EQ(refusal({flag("gift", "yes")}), R"(Orders new: --gift: expected true|false, got "yes")");
    EXPECT_EQ(refusal({flag("speed", "fast")}), R"(Orders new: --speed: expected slow|express, got "fast")");
    EXPECT_EQ(refusal({alone("weight")}), "Orders new: --weight: expected NUMBER, got none");
    EXPECT_EQ(refusal({flag("labels.a", "x")}), R"(Orders new: --labels.a: expected INTEGER, got "x")");
    EXPECT_EQ(refusal({flag("timeout", "1"), flag("timeout", "2")}), "Orders new: --.timeout is given twice");
    const auto range = refusal_of(order_flags(), {flag("id", "3000000000"), flag("customer.name", "Ada")});
    EXPECT_EQ(range, R"(Orders new: --id: expected INTEGER -2147483648..2147483647, got "3000000000")");
    EXPECT_EQ(refusal({flag("weight", "a\x1b[31m")}), R"(Orders new: --weight: expected NUMBER, got "a\x1b[31m")")
        << "in characters that a terminal takes for no order";
}

TEST(mote_body_flags, name_what_is_required_and_missing) {
    EXPECT_EQ(refusal_of(order_flags(), {}),
              "Orders new: --id, --customer.name are missing; --flags tells what there is");
    EXPECT_EQ(refusal_of(order_flags(), {flag("id", "1")}),
              "Orders new: --customer.name is missing; --flags tells what there is");
    EXPECT_EQ(refusal({flag("parent.next.name", "q")}),
              "Orders new: --parent.name is missing; --flags tells what there is");
}

TEST(mote_body_flags, say_what_is_like_a_flag_that_is_not_there_and_what_there_is) {
    const auto refused = refusal({flag("wieght", "1")});
    EXPECT_TRUE(refused.starts_with("Orders new has no flag --wieght; did you mean --weight?; it takes --id, --weight"))
        << refused;
    EXPECT_TRUE(refusal({flag("customer.nane", "x")}).find("did you mean --customer.name") != std::string::npos);
    EXPECT_TRUE(refusal({flag("jsn", "x")}).find("did you mean --json?") != std::string::npos)
        << "options of the command count, too";
    EXPECT_TRUE(refusal({flag("id.more", "x")}).starts_with("Orders new has no flag --id.more"));
    EXPECT_TRUE(refusal({flag("labels.", "1")}).starts_with("Orders new has no flag --labels."));
}

TEST(mote_body_flags, are_listed_in_the_order_of_the_schema) {
    std::vector<std::string> lines;
    for (const auto& each : order_flags().list())
        lines.push_back(each.name + " " + each.value + (each.required ? " required" : "") +
                        (each.repeats ? " repeats" : ""));
    const std::vector<std::string> expected = {"--id INTEGER -2147483648..2147483647 required",
                                               "--weight NUMBER",
                                               "--gift true|false",
                                               "--speed slow|express",
                                               "--tags TEXT repeats",
                                               "--counts INTEGER repeats",
                                               "--place NUMBER repeats",
                                               "--customer.name TEXT required",
                                               "--customer.city TEXT",
                                               "--labels.KEY INTEGER",
                                               "--either INTEGER or true|false or TEXT",
                                               "--free JSON or TEXT",
                                               "--at TIME like 2026-01-31T12:00:00Z",
                                               "--.timeout TEXT",
                                               "--parent.name TEXT"};
    EXPECT_EQ(lines, expected);
    EXPECT_EQ(order_flags().list().front().description, "Number of the order");
}

TEST(mote_body_flags, of_members_that_are_called_alike_are_the_longest) {
    const body_flags flags("S e",
                           R"({"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}},
        "a.b":{"type":"integer"}}})",
                           {});
    EXPECT_EQ(boost::json::serialize(flags.make({flag("a.b", "1")})), R"({"a.b":1})");
}

TEST(mote_body_flags, fill_in_structures_that_need_nothing) {
    const body_flags flags(
        "S e", R"({"type":"object","properties":{"o":{"type":"object","properties":{"x":{"type":"integer"}}}},
        "required":["o"]})",
        {});
    EXPECT_EQ(boost::json::serialize(flags.make({})), R"({"o":{}})");
    EXPECT_FALSE(flags.all_optional());
    EXPECT_TRUE(flags.has("o"));
    EXPECT_FALSE(flags.has("x"));
}

TEST(mote_body_flags, are_none_for_a_body_without_members) {
    const auto made_of = [](const std::string& schema) -> std::string {
        try {
            const body_flags flags("S e", schema, {});
            return "made";
        } catch (const failure& refused) {
            EXPECT_EQ(refused.code(), exit_code::usage);
            return refused.what();
        }
    };
    EXPECT_EQ(made_of(R"({"type":"integer"})"), "S e takes no members, but INTEGER; give it as DATA");
    EXPECT_EQ(made_of(R"({"type":"array","items":{"type":"string"}})"),
              "S e takes no members, but JSON array; give it as DATA");
    EXPECT_EQ(made_of("{"), "S e: its JSON Schema cannot be read; give the body as DATA");
    EXPECT_EQ(made_of("3"), "S e: its JSON Schema cannot be read; give the body as DATA");
}

TEST(mote_body_flags, come_to_an_end_with_whatever_schema) {
    // Metadata is anybody's word: references to themselves, to nowhere, and alternatives without end.
    for (
        const std::string schema :
        {R"({"type":"object","properties":{"a":{"$ref":"#/properties/a"}},"required":["a"]})",
         R"({"type":"object","properties":{"a":{"$ref":"elsewhere.json"}},"required":["a"]})",
         R"({"type":"object","properties":{"a":{"$ref":"#/nowhere"}},"required":["b", 3]})",
         R"({"type":"object","properties":{"a":{"anyOf":[{"$ref":"#/properties/a"},{"$ref":"#/properties/a"}]}}})",
         R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})",
         R"({"type":["object"],"properties":3,"required":{"a":1},"additionalProperties":{"type":7}})",
         R"({"type":"object","properties":{"a":{"type":"array","prefixItems":3,"items":3},"b":true,"c":{"enum":3}}})"}) {
        const body_flags flags("S e", schema, {});
        flags.list();
        refusal_of(flags, {flag("a", "1"), flag("b", "2")});
        refusal_of(flags, {flag("c", "1"), flag("a.a.a", "x")});
    }
}

TEST(body_flags, end_with_a_schema_of_alternatives_without_end) {
    std::string definitions;
    for (int i = 0; i < 30; ++i) {
        const auto next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
        definitions += "\"d" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]},";
        definitions += "\"o" + std::to_string(i) +
                       "\":{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/o" + std::to_string(i + 1) +
                       "\"},\"b\":{\"$ref\":\"#/$defs/o" + std::to_string(i + 1) + "\"}}},";
    }
    definitions += R"("d30":{"anyOf":[]},"o30":{"type":"object","additionalProperties":false})";
    const auto schema =
        R"({"type":"object","properties":{"deep":{"$ref":"#/$defs/d0"},"wide":{"$ref":"#/$defs/o0"}},"$defs":{)" +
        definitions + "}}";
    const body_flags flags("Evil do", schema, {});
    const auto all = flags.list();
    EXPECT_EQ(all.size(), 1U);
    const auto body = flags.make({flag("deep", "1")});
    EXPECT_EQ(body.at("deep"), 1);
}

}  // namespace
}  // namespace mote::command
