#pragma once

#include <tests/mote/command.hpp>

#include <string>
#include <vector>

namespace mote::test {

using words = std::vector<std::string>;

/// What `mote __complete` offers where the last of these words is being written, without what it says of each.
words completed(const command_environment& environment, words line, std::map<std::string, std::string> env = {});

/// Each command of `mote`, as the words that call it, those that have others below them included. The program tells them itself, so
/// one that comes new is in the tests that go over all.
std::vector<words> all_commands(const command_environment& environment);

std::string joined(const words& line);

}  // namespace mote::test
