#include <apps/mote/look/pretty_json.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

using command::pretty_json;
using command::terminal;

terminal plain() { return {}; }

TEST(pretty_json, is_indented_and_keeps_what_is_short_on_one_line) {
    EXPECT_EQ(pretty_json(R"({"type":"object","properties":{"id":{"type":"integer","minimum":0}},"required":["id"]})",
                          plain()),
              "{\n"
              "  \"type\": \"object\",\n"
              "  \"properties\": {\n"
              "    \"id\": {\"type\": \"integer\", \"minimum\": 0}\n"
              "  },\n"
              "  \"required\": [\"id\"]\n"
              "}");
    EXPECT_EQ(pretty_json(R"([[1,2],{}])", plain()), "[\n  [1, 2],\n  {}\n]");
    EXPECT_EQ(pretty_json("7", plain()), "7");
}

TEST(pretty_json, divides_what_is_long) {
    const std::string shown =
        pretty_json(R"(["a long text that fills half of a line","and another one as long as that"])", plain());
    EXPECT_EQ(shown, "[\n  \"a long text that fills half of a line\",\n  \"and another one as long as that\"\n]");
}

TEST(pretty_json, is_the_same_document) {
    const std::string text = R"({"a":[1,2.5,null,true,"x\"y\\z\u0007"],"b":{"c":[]},"d":{"e":{"f":"ü"}}})";
    EXPECT_EQ(boost::json::parse(pretty_json(text, plain())), boost::json::parse(text));
}

TEST(pretty_json, has_names_in_bold_where_there_are_colours) {
    terminal coloured;
    coloured.colour = true;
    EXPECT_EQ(pretty_json(R"({"a":1})", coloured), "{\x1b[1m\"a\"\x1b[0m: 1}");
}

TEST(pretty_json, shows_what_is_none_as_it_is_without_control_characters) {
    EXPECT_EQ(pretty_json("{oops\x1b[2J", plain()), "{oops\\x1b[2J");
    EXPECT_EQ(pretty_json(std::string(200, '['), plain()), std::string(200, '['));
}

}  // namespace
}  // namespace mote::test
