#pragma once

#include <algorithm>
#include <chrono>

namespace mote::testing::detail {

/// A point in time that bounds a wait.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    explicit deadline(std::chrono::milliseconds from_now) : at_(clock::now() + from_now) {}

    clock::time_point at() const noexcept { return at_; }
    bool passed() const noexcept { return clock::now() >= at_; }
    std::chrono::milliseconds remaining() const noexcept {
        // Rounded up: a poll that wakes a fraction of a millisecond early would spin.
        return std::max(std::chrono::ceil<std::chrono::milliseconds>(at_ - clock::now()), std::chrono::milliseconds(0));
    }
    /// What poll(2) takes.
    int poll_timeout() const noexcept { return static_cast<int>(remaining().count()); }

private:
    clock::time_point at_;
};

}  // namespace mote::testing::detail
