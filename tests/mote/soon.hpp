#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace mote::test {

/// Waits until `condition` holds; false when it does not within a minute.
inline bool soon(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= limit) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace mote::test
