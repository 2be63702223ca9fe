#include <tests/mote/shell/all_commands.hpp>

#include <sstream>

namespace mote::test {

words completed(const command_environment& environment, words line, std::map<std::string, std::string> env) {
    line.insert(line.begin(), "__complete");
    const auto result = environment.run(line, std::move(env));
    EXPECT_EQ(result.exit_code, 0) << joined(line);
    EXPECT_EQ(result.err, "") << joined(line);
    words found;
    std::istringstream lines(result.out);
    for (std::string each; std::getline(lines, each);) found.push_back(each.substr(0, each.find('\t')));
    return found;
}

std::vector<words> all_commands(const command_environment& environment) {
    std::vector<words> found;
    std::istringstream lines(environment.run({"__commands"}).out);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream parts(line);
        words& command = found.emplace_back();
        for (std::string word; parts >> word;) command.push_back(word);
    }
    return found;
}

std::string joined(const words& line) {
    std::string text;
    for (const auto& each : line) text += (text.empty() ? "" : " ") + each;
    return text;
}

}  // namespace mote::test
