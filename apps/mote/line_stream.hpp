#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace mote::command {

/// What a stream of lines is asked with: a GET of an http or https address.
struct line_request {
    std::string url{};
    std::string authorization{};  ///< the value of that header; empty: none
};

/// How it was answered.
struct line_answer {
    int status = 0;
    std::string body{};  ///< of a status that is no 2xx, at most 4 KiB
};

/// Asks, and calls `on_line` with each line of a 2xx answer as it comes, without its end, until the answer ends. Throws
/// `boost::system::system_error` where there is no connection, or it breaks, and what `on_line` throws. It has no time-out but
/// that of the connection: what it is for may be silent for long. A line of more than 1 MiB is an error.
boost::asio::awaitable<line_answer> read_lines(line_request asked, std::function<void(std::string_view)> on_line);

}  // namespace mote::command
