#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mote::functions::detail {

/// A date in one of the three forms that RFC 9110, 5.6.7, wants to be read: `Sun, 06 Nov 1994 08:49:37 GMT`,
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. A year of two digits is never more than 50 years after `now`. The
/// day of the week is not looked at. Nothing for other text.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text, std::chrono::sys_seconds now);

}  // namespace mote::functions::detail
