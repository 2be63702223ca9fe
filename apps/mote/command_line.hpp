#pragma once

#include <apps/mote/commands.hpp>

#include <optional>

namespace mote::command {

/// Reads the command line. Nothing when the program is to end at once, with `code`: ok after `--help` or `--version`, usage
/// for a wrong use, which is explained on standard error.
std::optional<any_command> parse_command_line(int argc, const char* const* argv, exit_code& code);

}  // namespace mote::command
