#pragma once

#include <apps/mote/command_line_parts.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// `mote completion`.
void add_shell_commands(CLI::App& app, choices& into);

/// What shells, the build and tests ask for, and no help tells of: `mote __complete WORD...`, `mote __man DIRECTORY` and
/// `mote __commands`, which prints the words that call each command. The exit code, or
/// nothing for other words. `words` are those behind the program's name.
std::optional<exit_code> run_hidden(CLI::App& app, choices& read, const std::vector<std::string>& words,
                                    const std::string& version);

/// The line for a wrong use: what CLI11 says, or the names that may have been meant.
std::string explain_wrong_use(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words);

}  // namespace mote::command
