#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace mote::test {

/// Waits until `condition` holds; false when it does not within 20 s.
inline bool soon(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < limit)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
}

}  // namespace mote::test
