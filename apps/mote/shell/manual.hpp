#pragma once

#include <apps/mote/shell/command_tree.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// The manual pages, each with the name of its file: `mote.1`, and one for each command, with all that is below it, such as
/// `mote-dead.1`. As man(7) has it.
std::vector<std::pair<std::string, std::string>> manual_pages(const described_command& program,
                                                              const std::string& version);

}  // namespace mote::command
