#pragma once

#include <mote/nats/plain_reason.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace mote::command {

/// The text fit for one line of a terminal, whoever wrote it: control characters and bytes that are no UTF-8 become `\n`,
/// `\t`, `\xNN` or `\uNNNN`, so that a service's description cannot move the cursor.
std::string printable(std::string_view text);

bool is_utf8(std::string_view text) noexcept;
/// How many bytes the first character of a text has that is not empty; 0 when it is no UTF-8.
std::size_t utf8_character_size(std::string_view text) noexcept;

/// How many columns a terminal uses for printable text.
std::size_t display_width(std::string_view text);

/// Printable text cut to at most `width` columns; what was cut ends with `ellipsis`.
std::string shortened(std::string_view text, std::size_t width, std::string_view ellipsis);

/// Like `850ns`, `12.3µs`, `680µs`, `1.25ms`, `2.5s`, `1m41s`, `2h3m`.
std::string readable(std::chrono::nanoseconds duration);

/// `1 instance`, `2 instances`
std::string counted(std::size_t count, std::string_view noun);

using nats::plain_reason;

}  // namespace mote::command
