#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What a program writes to its standard output, at most 64 KiB; nothing when it cannot be started, fails, or does not end within
/// `patience`, whereupon it is killed. Blocks.
std::optional<std::string> output_of(const std::string& program, std::vector<std::string> arguments,
                                     std::chrono::milliseconds patience);

}  // namespace mote::command
