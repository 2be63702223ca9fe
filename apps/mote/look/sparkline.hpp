#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mote::command {

/// The last `width` values as a line of bars, the newest on the right, one column each: the largest of them is the whole
/// height, 0 or less is the lowest bar. Fewer values have blanks before them. Without UTF-8 the bars are ` .:-=+*#`.
std::string sparkline(const std::vector<double>& values, std::size_t width, bool utf8);

}  // namespace mote::command
