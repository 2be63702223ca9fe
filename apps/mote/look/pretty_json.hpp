#pragma once

#include <apps/mote/terminal.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::command {

/// Nothing for text that is no JSON, or nested deeper than a person would.
std::optional<boost::json::value> parse_json(std::string_view text);

/// JSON on many lines, indented by two blanks, names in bold where there are colours; an object or array without others in it
/// stays on one line while that is short. Text that is no JSON is shown as it is. Never a control character; the last line
/// has no end.
std::string pretty_json(std::string_view text, const terminal& reader);

}  // namespace mote::command
