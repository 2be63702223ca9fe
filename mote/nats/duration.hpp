#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace mote::nats {

/// A duration as Go and the `nats` command write it: `90s`, `10m`, `1h30m`, `1.5h`, `0`. Units are ns, us, µs, ms, s, m and h.
/// Nothing for other text, a negative one, or more than a hundred years.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace mote::nats
