#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace mote::http::detail {

/// How long a body may still be waited for. Each `step` bytes of it, or what is left of it, has the same time; only what
/// passes between `wait` and `stop` counts, so that a body that is read slowly is not taken for one that comes slowly.
class body_patience {
public:
    using clock = std::chrono::steady_clock;

    void begin(std::chrono::milliseconds time, std::uint64_t step) noexcept {
        time_ = left_ = time;
        step_ = owed_ = step;
        since_.reset();
    }
    /// So many bytes came.
    void take(std::uint64_t size) noexcept {
        if (size < owed_) {
            owed_ -= size;
        } else {
            owed_ = step_;
            left_ = time_;
        }
    }
    /// Waits from now on; returns for how long at most.
    std::chrono::milliseconds wait(clock::time_point now) noexcept {
        stop(now);
        since_ = now;
        return left_;
    }
    void stop(clock::time_point now) noexcept {
        if (!since_) return;
        left_ -= std::chrono::duration_cast<std::chrono::milliseconds>(now - *since_);
        since_.reset();
    }

private:
    std::chrono::milliseconds time_{0};
    std::chrono::milliseconds left_{0};
    std::uint64_t step_ = 1;
    std::uint64_t owed_ = 1;  // bytes until the time begins anew
    std::optional<clock::time_point> since_{};
};

}  // namespace mote::http::detail
