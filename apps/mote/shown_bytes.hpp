#pragma once

#include <apps/mote/terminal.hpp>

#include <string>
#include <string_view>

namespace mote::command {

/// Text of anybody for a terminal: ends of lines and tabs stay, all else that a terminal would take for an order does not.
std::string fit_for_terminal(std::string_view text);

/// Writes bytes of anybody to standard output: raw, as they are; else with an end of line where there is none, and on a terminal
/// as `fit_for_terminal`.
void write_bytes(std::string_view bytes, bool raw, const terminal& reader);

}  // namespace mote::command
