#pragma once

#include <apps/hackernews/service.hpp>

#include <mote/nats/environment.hpp>

#include <optional>

namespace hackernews {

/// What the command line and HN_API say.
struct command_line {
    settings service{};
    mote::nats::environment_overrides server{};
};

/// Reads the command line. Nothing when the program is to end at once, with `exit_code`: 0 after `--help` or `--version`,
/// 2 for a wrong use, which is explained on standard error.
std::optional<command_line> parse_command_line(int argc, const char* const* argv, int& exit_code);

}  // namespace hackernews
