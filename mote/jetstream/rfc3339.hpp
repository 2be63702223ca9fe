#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mote::jetstream {

/// A time as the configurations of streams and consumers have it: in UTC, with nine fractional digits.
std::string to_rfc3339(std::chrono::system_clock::time_point time);

/// Reads such a time, with up to nine fractional digits and in UTC or with an offset; nothing for anything else and for a
/// year that the clock cannot hold (servers write year 1 for "never").
std::optional<std::chrono::system_clock::time_point> from_rfc3339(std::string_view text) noexcept;

}  // namespace mote::jetstream
