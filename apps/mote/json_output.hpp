#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// A JSON array of these JSON texts, one a line.
std::string json_array(const std::vector<std::string>& elements);

/// JSON has to be UTF-8, and what services say may be anything: other bytes become U+FFFD.
std::string valid_json(std::string_view text);

}  // namespace mote::command
