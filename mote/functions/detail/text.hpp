#pragma once

#include <string_view>

/// What several files of this module ask about text. All of it is about ASCII, whatever the locale is.
namespace mote::functions::detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Without blanks and tabs at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace mote::functions::detail
