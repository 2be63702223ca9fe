#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace mote::command {

/// All that standard input gives before its end; signals are heard meanwhile. Throws `failure` when it cannot be read, or is
/// larger than any message.
boost::asio::awaitable<std::string> whole_input();

/// True where somebody feeds standard input: it is a pipe or a file, and no terminal.
bool is_input_fed();

std::string base64(std::string_view bytes);

}  // namespace mote::command
