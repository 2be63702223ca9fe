#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mote::micro::detail {

/// How long recent replies took, in a fixed 256 bytes: buckets of which each is about a fifth wider than the one
/// before, from 1 us to over an hour. After 1,024 replies the counts are halved, so that old ones fade.
class latency_histogram {
public:
    static constexpr std::uint32_t fewest = 20;  ///< replies before a percentile means anything

    /// `count` replies that took as long.
    void add(std::chrono::nanoseconds latency, std::uint64_t count = 1) noexcept {
        const auto more = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, fade_at));
        counts_[bucket_of(latency)] += more;
        total_ += more;
        if (total_ < fade_at) return;
        total_ = 0;
        for (auto& each : counts_) total_ += each /= 2;
    }

    /// The upper end of the bucket within which the `percent` lies; nothing before there are enough replies.
    std::optional<std::chrono::nanoseconds> percentile(std::uint32_t percent) const noexcept {
        if (total_ < fewest) return std::nullopt;
        const std::uint32_t wanted = (total_ * percent + 99) / 100;
        std::uint32_t seen = 0;
        for (std::size_t at = 0; at < counts_.size(); ++at) {
            seen += counts_[at];
            if (seen >= wanted) return upper_end(at);
        }
        return upper_end(counts_.size() - 1);
    }

private:
    static constexpr std::size_t steps = 4;      // buckets an octave
    static constexpr std::uint64_t unit = 1024;  // nanoseconds
    static constexpr std::uint32_t fade_at = 1024;

    static std::size_t bucket_of(std::chrono::nanoseconds latency) noexcept {
        const auto units = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0)) / unit;
        if (units < steps) return static_cast<std::size_t>(units);
        const auto octave = static_cast<std::size_t>(std::bit_width(units)) - 3;  // 0: 4 to 7 units
        const auto step = static_cast<std::size_t>(units >> octave) - steps;
        return std::min(steps + octave * steps + step, bucket_count - 1);
    }

    static std::chrono::nanoseconds upper_end(std::size_t bucket) noexcept {
        std::uint64_t units = bucket + 1;
        if (bucket >= steps) units = (steps + bucket % steps + 1) << (bucket / steps - 1);
        return std::chrono::nanoseconds(static_cast<std::int64_t>(units * unit));
    }

    static constexpr std::size_t bucket_count = 128;
    std::array<std::uint16_t, bucket_count> counts_{};
    std::uint32_t total_ = 0;
};

}  // namespace mote::micro::detail
