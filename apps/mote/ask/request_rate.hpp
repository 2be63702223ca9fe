#pragma once

#include <optional>
#include <string_view>

namespace mote::command {

/// Requests a second of `100`, `100/s`, `2.5/s`, `30/m` or `30/h`; nothing for another text, for less than one a day and for more than
/// ten million a second.
std::optional<double> parse_rate(std::string_view text);

}  // namespace mote::command
