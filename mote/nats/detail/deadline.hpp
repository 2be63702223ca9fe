#pragma once

#include <chrono>

namespace mote::nats::detail {

/// The point in time that is `timeout` away. Past the end of the clock it is that end, so that a caller may say
/// `nanoseconds::max()` for "for ever".
inline std::chrono::steady_clock::time_point deadline_after(std::chrono::nanoseconds timeout) noexcept {
    using clock = std::chrono::steady_clock;
    const auto now = clock::now();
    return timeout > clock::time_point::max() - now ? clock::time_point::max() : now + timeout;
}

/// What is left until then, but at least a moment: a deadline that has passed still lets through what is there already.
inline std::chrono::nanoseconds time_left(std::chrono::steady_clock::time_point deadline) noexcept {
    constexpr std::chrono::nanoseconds a_moment = std::chrono::milliseconds(1);
    const std::chrono::nanoseconds left = deadline - std::chrono::steady_clock::now();
    return left > a_moment ? left : a_moment;
}

}  // namespace mote::nats::detail
