#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// Bytes of the UTF-8 sequence that `text`, which is not empty, begins with; 0 when it is none.
std::size_t utf8_length(std::string_view text) noexcept;

/// The text with U+FFFD for each byte that is no UTF-8.
std::string valid_utf8(std::string_view text);

}  // namespace mote::micro::detail
