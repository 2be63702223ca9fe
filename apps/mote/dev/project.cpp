#include <apps/mote/dev/project.hpp>

#include <apps/mote/dev/part.hpp>
#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>

#include <mote/json/decode.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

namespace mote::command {

namespace fs = std::filesystem;

/// The members of mote.json.
struct project_file {
    std::string name{};
    std::vector<words> build{};
    words run{};
    std::vector<std::string> watch{};
    std::vector<std::string> ignore{};
    std::map<std::string, std::string> env{};
};
BOOST_DESCRIBE_STRUCT(project_file, (), (name, build, run, watch, ignore, env))

}  // namespace mote::command

template <>
struct mote::json::about<mote::command::project_file> {
    static constexpr bool all_members_optional = true;
};

namespace mote::command {
namespace {

constexpr std::size_t largest_project_file = 1024 * 1024;

std::string text_of_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw failure(exit_code::error, file.string() + ": " + std::strerror(errno));
    return {std::istreambuf_iterator<char>(in), {}};
}

/// ` (line 3, column 5)` for an error that names a byte.
std::string place_of(const std::string& text, const std::string& error) {
    constexpr std::string_view before = " at byte ";
    const auto found = error.find(before);
    std::size_t byte = 0;
    if (found == std::string::npos ||
        std::from_chars(error.data() + found + before.size(), error.data() + error.size(), byte).ec != std::errc())
        return {};
    const std::string_view seen = std::string_view(text).substr(0, byte);
    const auto line = std::ranges::count(seen, '\n') + 1;
    const auto begin = seen.rfind('\n');
    const auto column = begin == std::string_view::npos ? seen.size() + 1 : seen.size() - begin;
    return " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

project_file decoded(const fs::path& file, const std::string& text) {
    json::decode_options bounds;
    bounds.max_size = largest_project_file;
    try {
        return json::decode<project_file>(text, bounds);
    } catch (const json::decode_error& wrong) {
        throw failure(exit_code::usage, file.string() + ": " + wrong.what() + place_of(text, wrong.what()));
    }
}

/// Only what is in the project is looked at.
void check_patterns(const fs::path& file, const std::string& member, const std::vector<std::string>& patterns) {
    for (std::size_t i = 0; i < patterns.size(); ++i)
        if (patterns[i].empty() || patterns[i].front() == '/' || patterns[i] == ".." || patterns[i].starts_with("../"))
            throw failure(exit_code::usage, file.string() + ": " + member + "[" + std::to_string(i) +
                                                "]: not a path in the project: \"" + patterns[i] + "\"");
}

void check(const fs::path& file, const project_file& read) {
    const auto wrong = [&](const std::string& what) { return failure(exit_code::usage, file.string() + ": " + what); };
    for (std::size_t i = 0; i < read.build.size(); ++i)
        if (read.build[i].empty() || read.build[i].front().empty())
            throw wrong("build[" + std::to_string(i) + "]: a command without a program");
    if (read.run.empty() || read.run.front().empty())
        throw wrong("run: is required: the program and its arguments, such as [\"build/dev/hello\"]");
    check_patterns(file, "watch", read.watch);
    check_patterns(file, "ignore", read.ignore);
    for (const auto& [name, value] : read.env)
        if (name.empty() || name.find('=') != std::string::npos || (name + value).find('\0') != std::string::npos)
            throw wrong("env: not a variable: \"" + name + "\"");
}

/// A slip of the pen should be seen.
void check_keys(const fs::path& file, const std::string& text) {
    const std::vector<std::string> known = {"name", "build", "run", "watch", "ignore", "env"};
    const auto value = boost::json::parse(text);
    for (const auto& member : value.as_object()) {
        const std::string key(member.key());
        if (std::ranges::find(known, key) != known.end() || key == "$schema") continue;
        const auto near = nearest(key, known);
        throw failure(exit_code::usage,
                      file.string() + ": " + key + ": no such member; " +
                          (near.empty() ? "there is " + listed(known) : "did you mean " + listed(near) + "?"));
    }
}

}  // namespace

project read_project_file(const fs::path& file) {
    const std::string text = text_of_file(file);
    project_file read = decoded(file, text);
    check_keys(file, text);
    check(file, read);
    project made;
    made.from = project_file_name;
    made.name = std::move(read.name);
    made.build = std::move(read.build);
    made.run = std::move(read.run);
    made.watch = std::move(read.watch);
    made.ignore = std::move(read.ignore);
    made.environment = std::move(read.env);
    return made;
}

project find_project(const dev_command& chosen) {
    const fs::path directory = chosen.directory;
    std::error_code ignored;
    project found;
    if (fs::exists(directory / project_file_name, ignored))
        found = read_project_file(directory / project_file_name);
    else if (chosen.build.empty() || chosen.program.empty())
        found = guess_project(directory, !chosen.program.empty());
    else
        found.from = "the command line";
    if (!chosen.build.empty()) {
        found.build.clear();
        for (const std::string& each : chosen.build) found.build.push_back(shell_words(each));
    }
    if (!chosen.program.empty()) {
        found.run = shell_words(chosen.program);
        found.binary_directory.clear();
    }
    if (!chosen.name.empty()) found.name = chosen.name;
    return found;
}

}  // namespace mote::command
