// Which words are offered where, and how shells are told.

#include <tests/mote/shell/tree.hpp>

#include <apps/mote/shell/completion.hpp>

namespace mote::test {
namespace {

using command::candidate;
using command::place_in_line;
using command::word_kind;

/// Services and so on that are always there.
std::vector<candidate> known(word_kind kind, const place_in_line& at) {
    switch (kind) {
        case word_kind::service: return {{"Orders", "1.0.0  Sells"}, {"Other", ""}};
        case word_kind::endpoint: return {{"price-of-" + at.arguments.front(), "subject"}};
        case word_kind::context: return {{"staging", ""}};
        default: return {};
    }
}

std::vector<std::string> offered(std::vector<std::string> line) {
    std::vector<std::string> found;
    for (const auto& each : command::complete(sample_tree(), line, known).candidates) found.push_back(each.word);
    return found;
}

using list = std::vector<std::string>;

TEST(completion, offers_commands) {
    EXPECT_EQ(offered({""}), (list{"dead", "ls"}));
    EXPECT_EQ(offered({"l"}), (list{"ls"}));
    EXPECT_EQ(offered({"dead", ""}), (list{"ls", "retry"}));
    EXPECT_EQ(offered({"x"}), list());
    EXPECT_EQ(offered({}), list());
}

TEST(completion, offers_options_of_the_command_and_of_those_around_it) {
    EXPECT_EQ(offered({"ls", "--j"}), (list{"--json"}));
    EXPECT_EQ(offered({"ls", "--s"}), (list{"--server"}));
    EXPECT_EQ(offered({"--c"}), (list{"--context"}));
    EXPECT_EQ(offered({"ls", "--", "--j"}), list()) << "behind -- are no options";
}

TEST(completion, offers_values_of_options) {
    EXPECT_EQ(offered({"ls", "--color", ""}), (list{"always", "auto", "never"}));
    EXPECT_EQ(offered({"ls", "--color", "a"}), (list{"always", "auto"}));
    EXPECT_EQ(offered({"ls", "--color=ne"}), (list{"--color=never"}));
    EXPECT_EQ(offered({"--context", "st"}), (list{"staging"}));
    EXPECT_EQ(offered({"ls", "--context="}), (list{"--context=staging"}));
    EXPECT_EQ(offered({"ls", "--json="}), list());
    EXPECT_EQ(offered({"ls", "--server", ""}), list()) << "anything";
}

TEST(completion, offers_what_is_on_the_server) {
    EXPECT_EQ(offered({"ls", "O"}), (list{"Orders", "Other"})) << "NAME of ls is a service";
    EXPECT_EQ(offered({"ls", "Orders", ""}), list()) << "it takes one";
    EXPECT_EQ(offered({"dead", "ls", "Or"}), (list{"Orders"}));
    EXPECT_EQ(offered({"dead", "ls", "Orders", "p"}), (list{"price-of-Orders"}));
}

TEST(completion, leaves_files_to_the_shell) {
    const auto file = command::complete(sample_tree(), {"ls", "--from", "x"}, known);
    EXPECT_TRUE(file.files);
    EXPECT_TRUE(file.candidates.empty());
    EXPECT_TRUE(command::complete(sample_tree(), {"ls", "--dir", "x"}, known).directories);
    EXPECT_EQ(command::completion_lines(file), ":files\n");
}

TEST(completion, tells_shells_nothing_that_they_would_have_to_quote) {
    command::completion found;
    found.candidates = {{"Orders", "two\tcolumns\x1b[2J"},
                        {"$(reboot)", ""},
                        {"a b", ""},
                        {"`x`", ""},
                        {"", "empty"},
                        {":files", "a name"},
                        {"a;b", ""},
                        {"x\ny", ""}};
    EXPECT_EQ(command::completion_lines(found), "Orders\ttwo\\tcolumns\\x1b[2J\n");
}

}  // namespace
}  // namespace mote::test
