#pragma once

#include <apps/mote/shell/command_tree.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace mote::command {

/// What a command line consists of, as data. Commands without a group are hidden, and left out.
described_command describe(const CLI::App& app);

/// Writes `--help` of a command and all that are below it: what it does, the examples, how it is called, arguments, options, notes.
/// Set it before the first `add_subcommand`.
///
/// The examples are the paragraph of the footer that begins with a line `Examples:` (or `Example:`), to the first line that is not
/// indented.
std::shared_ptr<CLI::Formatter> examples_first();

/// The paragraph of the examples of a footer, without its title, and all that is around it.
struct divided_footer {
    std::string examples{};
    std::string notes{};
};
divided_footer divide_footer(const std::string& footer);

}  // namespace mote::command
