// How a line of words is read against the commands that there are, and what may have been meant.

#include <tests/mote/shell/tree.hpp>

namespace mote::test {
namespace {

using command::explain_unknown_word;
using command::follow;

TEST(command_tree, follows_commands_options_and_arguments) {
    const auto tree = sample_tree();
    const auto at = follow(tree, {"-s", "here", "dead", "ls", "--json", "Orders"});
    EXPECT_EQ(at.innermost().name, "ls");
    EXPECT_EQ(at.path.size(), 3u);
    EXPECT_EQ(at.arguments, std::vector<std::string>{"Orders"});
    ASSERT_EQ(at.said.size(), 2u);
    EXPECT_EQ(at.said[0], (std::pair<std::string, std::string>("--server", "here")));
    EXPECT_EQ(at.next_argument()->names.front(), "ENDPOINT");
    EXPECT_EQ(at.unknown, "");
}

TEST(command_tree, reads_options_in_each_way_of_writing_them) {
    const auto tree = sample_tree();
    EXPECT_EQ(follow(tree, {"--server=a=b"}).said[0].second, "a=b");
    EXPECT_EQ(follow(tree, {"-sa"}).said[0].second, "a");
    EXPECT_EQ(follow(tree, {"-s"}).awaits_value->name(), "--server");
    const auto together = follow(tree, {"ls", "-jsa"});
    ASSERT_EQ(together.said.size(), 2u);
    EXPECT_EQ(together.said[1].second, "a");
    EXPECT_EQ(follow(tree, {"ls", "--", "-x"}).arguments, std::vector<std::string>{"-x"});
    EXPECT_EQ(follow(tree, {"list"}).innermost().name, "ls") << "by another name";
    EXPECT_EQ(follow(tree, {"ls", "-"}).arguments, std::vector<std::string>{"-"});
}

TEST(command_tree, knows_when_no_argument_is_left) {
    const auto tree = sample_tree();
    EXPECT_EQ(follow(tree, {"ls", "a"}).next_argument(), nullptr);
    EXPECT_NE(follow(tree, {"dead", "retry", "1", "2", "3"}).next_argument(), nullptr) << "takes any number of them";
    EXPECT_EQ(follow(tree, {}).next_argument(), nullptr);
}

TEST(command_tree, tells_what_may_have_been_meant) {
    const auto tree = sample_tree();
    EXPECT_EQ(explain_unknown_word(tree, {"lss"}), "no command \"lss\"; did you mean ls?");
    EXPECT_EQ(explain_unknown_word(tree, {"dead", "retri"}), "no command \"retri\"; did you mean retry?");
    EXPECT_EQ(explain_unknown_word(tree, {"ls", "--jsno"}), "no option \"--jsno\"; did you mean --json?");
    EXPECT_EQ(explain_unknown_word(tree, {"ls", "--servr=x"}), "no option \"--servr\"; did you mean --server?");
    EXPECT_EQ(explain_unknown_word(tree, {"quite-different"}), "no command \"quite-different\"");
    EXPECT_EQ(explain_unknown_word(tree, {"ls", "Orders"}), "");
    EXPECT_EQ(explain_unknown_word(tree, {"ls", "--", "--jsno"}), "");
    EXPECT_EQ(explain_unknown_word(tree, {}), "");
}

}  // namespace
}  // namespace mote::test
