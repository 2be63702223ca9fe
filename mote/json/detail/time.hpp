#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Times as RFC 3339 writes them.
namespace mote::json::detail {

/// A time since 1970 in UTC. `nanoseconds` is 0..999,999,999 also before 1970.
struct instant {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
};

/// The period of a `std::chrono` type in seconds: `numerator / denominator`; the denominator divides 10^9.
struct tick {
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
};

/// Nothing where the time is outside the years 0000..9999, which RFC 3339 has no form for.
std::optional<instant> instant_of(std::int64_t ticks, tick period) noexcept;

/// The last tick at or before `time`; nothing where that is more than 64 bits.
std::optional<std::int64_t> ticks_of(const instant& time, tick period) noexcept;

/// Appends `2024-05-06T07:08:09Z`, with a fraction of 3, 6 or 9 digits only where there is one.
void append_time(std::string& out, const instant& time);

/// Any offset, any number of digits in the fraction (those after the ninth are dropped), and a second 60.
std::optional<instant> parse_time(std::string_view text) noexcept;

}  // namespace mote::json::detail
