// Which words of a command line are members of the body.

#include <apps/mote/ask/body_words.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace mote::command {
namespace {

/// `--json` and `-r` are flags of the command, `--timeout` and `-H` take a value.
known_options some_options() {
    known_options known;
    known.is_option = [](const std::string& word) {
        const auto name = word.substr(0, word.find('='));
        return std::set<std::string>{"--json", "-r", "--timeout", "-H"}.contains(name);
    };
    known.takes_next = [](const std::string& word) { return word == "--timeout" || word == "-H"; };
    return known;
}

struct divided {
    std::vector<std::string> rest;
    std::vector<std::string> flags;  // `name=value`, or `name`
    std::vector<std::string> own;
};

divided divide(std::vector<std::string> words) {
    words.insert(words.begin(), "req");
    body_words into;
    divided seen;
    seen.rest = take_body_flags(words, 1, some_options(), into);
    seen.rest.erase(seen.rest.begin());
    for (const auto& each : into.flags) seen.flags.push_back(each.name + (each.value ? "=" + *each.value : ""));
    seen.own = into.own_given;
    return seen;
}

using words = std::vector<std::string>;

TEST(mote_body_words, are_those_behind_service_and_endpoint_that_are_no_options) {
    const auto seen = divide({"Orders", "get", "--id", "3", "--tags", "a", "--json", "--tags=b", "-H", "A:1"});
    EXPECT_EQ(seen.rest, (words{"Orders", "get", "--json", "-H", "A:1"}));
    EXPECT_EQ(seen.flags, (words{"id=3", "tags=a", "tags=b"}));
    EXPECT_EQ(seen.own, (words{"json"}));
}

TEST(mote_body_words, stand_alone_before_an_option_and_at_the_end) {
    EXPECT_EQ(divide({"O", "g", "--gift", "--id", "3", "--express"}).flags, (words{"gift", "id=3", "express"}));
    EXPECT_EQ(divide({"O", "g", "--gift", "-r"}).flags, (words{"gift"}));
    EXPECT_EQ(divide({"O", "g", "--gift", "--", "x"}).flags, (words{"gift"}));
}

TEST(mote_body_words, have_values_that_begin_with_a_dash_when_they_are_numbers) {
    EXPECT_EQ(divide({"O", "g", "--x", "-3", "--y", "-.5", "--z=-a", "--w", "-"}).flags,
              (words{"x=-3", "y=-.5", "z=-a", "w=-"}));
}

TEST(mote_body_words, have_a_dot_where_an_option_is_called_alike) {
    const auto seen = divide({"O", "g", "--.timeout", "soon", "--.json=1", "--timeout", "1s"});
    EXPECT_EQ(seen.flags, (words{"timeout=soon", "json=1"}));
    EXPECT_EQ(seen.rest, (words{"O", "g", "--timeout", "1s"}));
    EXPECT_EQ(seen.own, (words{"timeout"}));
}

TEST(mote_body_words, are_left_alone_before_the_endpoint_and_behind_two_dashes) {
    EXPECT_EQ(divide({"--timeout", "1s", "a.subject", "--id", "3"}).rest,
              (words{"--timeout", "1s", "a.subject", "--id", "3"}));
    EXPECT_EQ(divide({"--timeout", "1s", "a.subject", "--id", "3"}).flags, words{});
    EXPECT_EQ(divide({"O", "g", "--", "--id", "3"}).rest, (words{"O", "g", "--", "--id", "3"}));
    EXPECT_EQ(divide({"--timeout", "1s", "O", "g", "--id"}).flags, words{"id"}) << "a value of an option is no word";
}

}  // namespace
}  // namespace mote::command
