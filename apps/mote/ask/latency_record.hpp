#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mote::command {

/// How long many requests took, in 35 KiB however many they are: counted in buckets that are less than 1 % wide, up to 9 minutes
/// (longer ones are in the last). Smallest, largest and average are exact. A value.
class latency_record {
public:
    void add(std::chrono::nanoseconds took) noexcept;

    std::uint64_t count() const noexcept { return count_; }
    std::chrono::nanoseconds least() const noexcept { return count_ == 0 ? std::chrono::nanoseconds(0) : least_; }
    std::chrono::nanoseconds most() const noexcept { return most_; }
    std::chrono::nanoseconds average() const noexcept;
    /// Within which this share of them was done, 0 to 1. 0 before the first.
    std::chrono::nanoseconds percentile(double share) const noexcept;

private:
    static constexpr std::size_t step_bits = 7;  // 128 buckets between a power of two and the next one
    static constexpr std::size_t most_bits = 39;
    static constexpr std::size_t steps = std::size_t{1} << step_bits;

    static std::size_t bucket_of(std::uint64_t nanoseconds) noexcept;
    static std::uint64_t end_of(std::size_t bucket) noexcept;

    std::array<std::uint64_t, steps*(most_bits - step_bits + 1)> buckets_{};
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds least_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds most_{};
    double sum_ = 0;
};

}  // namespace mote::command
