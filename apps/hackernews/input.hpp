#pragma once

#include <apps/hackernews/post.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace hackernews {

inline constexpr std::size_t default_count = 10;
inline constexpr std::size_t max_count = 500;

/// The id that a request carries as decimal text; blanks around it are ignored.
/// Throws a 400 service_error that names the text: `invalid id "abc": not a positive integer`.
item_id parse_id(std::string_view text);

/// How many posts a request wants, 1 to max_count; default_count for an empty text.
/// Throws a 400 service_error: `invalid count "0": not a number from 1 to 500`.
std::size_t parse_count(std::string_view text);

/// The text in double quotes, fit for one line of ASCII: cut at 40 bytes, other bytes as `\xNN`.
std::string in_quotes(std::string_view text);

}  // namespace hackernews
