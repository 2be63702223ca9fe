#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What a program writes to its standard output, at most 64 KiB; nothing when it cannot be started, fails, or does not end within
/// `patience`, whereupon it is killed. Blocks.
std::optional<std::string> output_of(const std::string& program, std::vector<std::string> arguments,
                                     std::chrono::milliseconds patience);

/// 0 when somebody may listen at 127.0.0.1:`port` now, else the `errno` that says why not.
int try_to_listen(std::uint16_t port);

}  // namespace mote::command
