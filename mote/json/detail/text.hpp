#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Characters of JSON strings.
namespace mote::json::detail {

/// How much of a text an error shows.
inline constexpr std::size_t longest_quote = 48;

/// The first character at or after `at` that a JSON string cannot have as it is (`"`, `\`, control characters) or that
/// is not ASCII; `end` when there is none.
const char* end_of_plain(const char* at, const char* end) noexcept;

void append_utf8(std::string& out, std::uint32_t code_point);

/// Appends `text` with its quotes and escapes. False where it is not UTF-8; then `out` has a part of it.
bool append_quoted(std::string& out, std::string_view text);

/// `text` in quotes for an error: of a bounded length, with `?` for what is not UTF-8.
std::string quoted(std::string_view text);

}  // namespace mote::json::detail
