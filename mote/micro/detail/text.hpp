#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// What several files of this module ask about text. All of it is about ASCII, whatever the locale is.
namespace mote::micro::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A part of a semantic version's pre-release or build.
constexpr bool is_identifier(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
}

/// Without blanks and tabs at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

inline std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace mote::micro::detail
