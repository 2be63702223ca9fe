#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::json {

/// Bytes of the UTF-8 sequence at `at`, which is before `end`: 1..4, or 0 when it is none (overlong forms and
/// surrogates).
std::size_t utf8_length(const char* at, const char* end) noexcept;

/// The text with U+FFFD for each byte that is no UTF-8.
std::string valid_utf8(std::string_view text);

}  // namespace mote::json
