#pragma once

#include <chrono>

namespace mote::micro::detail {

/// `from + by`; the end of the clock when it is past that.
inline std::chrono::steady_clock::time_point later(std::chrono::steady_clock::time_point from,
                                                   std::chrono::nanoseconds by) {
    constexpr auto end = std::chrono::steady_clock::time_point::max();
    return by > end - from ? end : from + by;
}

}  // namespace mote::micro::detail
