#pragma once

#include <apps/mote/command_line_parts.hpp>

namespace mote::command {

/// `new`.
void add_create_commands(CLI::App& app, choices& into);

}  // namespace mote::command
