#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// What settings of functions are written as.
namespace mote::functions::detail {

/// A number of digits alone.
std::optional<std::uint32_t> whole(std::string_view text);
/// Whole seconds, or a duration as `nats::parse_duration` reads it.
std::optional<std::chrono::nanoseconds> seconds_or_duration(std::string_view text);

}  // namespace mote::functions::detail
