#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// Those of `known` that somebody who wrote `given` may have meant, nearest first, at most three: a few letters are wrong,
/// missing or swapped, or the case, or one begins with the other.
std::vector<std::string> nearest(std::string_view given, std::vector<std::string> known);

/// `a, b and 3 more`, at most `bound` names.
std::string listed(const std::vector<std::string>& names, std::size_t bound = 8);

}  // namespace mote::command
