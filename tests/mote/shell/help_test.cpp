// `--help` of each command: examples first.

#include <tests/mote/shell/all_commands.hpp>

#include <algorithm>

namespace mote::test {
namespace {

TEST(mote_help, begins_with_examples_for_each_command) {
    const command_environment environment;
    auto commands = all_commands(environment);
    EXPECT_GT(commands.size(), 25u) << "they are found";
    commands.emplace_back();
    for (auto command : commands) {
        const std::string called = "mote" + (command.empty() ? "" : " " + joined(command));
        command.emplace_back("--help");
        const auto help = environment.run(command);
        EXPECT_EQ(help.exit_code, 0) << called;
        EXPECT_EQ(help.err, "") << called;
        const auto examples = help.out.find("\nExamples:\n  ");
        const auto usage = help.out.find("\nUsage: ");
        const auto options = help.out.find("\nOptions:\n");
        EXPECT_NE(examples, std::string::npos) << called << " has no examples: write `Examples:` into its footer";
        EXPECT_NE(usage, std::string::npos) << called;
        EXPECT_NE(options, std::string::npos) << called;
        EXPECT_LT(examples, usage) << called;
        EXPECT_LT(usage, options) << called;
        EXPECT_EQ(help.out.find("\nExample", examples + 1), std::string::npos) << called << " has them once";
        EXPECT_TRUE(has(help.out, "--help")) << called;
    }
}

TEST(mote_help, shows_values_as_a_reader_needs_them) {
    const command_environment environment;
    const auto help = environment.run({"ls", "--help"});
    EXPECT_TRUE(has(help.out, "--color auto|always|never"));
    EXPECT_TRUE(has_not(help.out, "TEXT:"));
    EXPECT_TRUE(has(environment.run({"gateway", "--help"}).out, "--listen ADDRESS:PORT=127.0.0.1:8080"));
}

TEST(mote_wrong_use, tells_what_may_have_been_meant) {
    const command_environment environment;
    const std::vector<std::pair<words, words>> wrong = {
        {{"lss"}, {"no command \"lss\"; did you mean ls", "`mote --help`"}},
        {{"-s", "x", "staats"}, {"no command \"staats\"; did you mean stats?"}},
        {{"dead", "retri"}, {"no command \"retri\"; did you mean retry?", "`mote dead --help`"}},
        {{"context", "selct", "x"}, {"no command \"selct\"; did you mean select?"}},
        {{"ls", "--jsn"}, {"no option \"--jsn\"; did you mean --json?", "`mote ls --help`"}},
        {{"req", "a", "--heder=x"}, {"no option \"--heder\"; did you mean --header?"}},
        {{"quite-another-thing"}, {"no command \"quite-another-thing\"", "`mote --help`"}},
        {{"completion", "tcsh"}, {"tcsh"}},
        {{"completion"}, {"SHELL"}},
    };
    for (const auto& [line, parts] : wrong) {
        const auto result = environment.run(line);
        EXPECT_EQ(result.exit_code, 2) << joined(line);
        EXPECT_TRUE(is_one_line(result.err, parts)) << joined(line);
        EXPECT_EQ(result.out, "") << joined(line);
    }
}

}  // namespace
}  // namespace mote::test
