#pragma once

#include <chrono>

namespace mote::jetstream {

/// Longer than anything in these tests takes.
inline constexpr std::chrono::nanoseconds patience = std::chrono::seconds(20);

}  // namespace mote::jetstream
