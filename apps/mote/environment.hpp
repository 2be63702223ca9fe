#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// The variables of this process, with `more` in place of those of the same names.
std::vector<std::pair<std::string, std::string>> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more);

}  // namespace mote::command
