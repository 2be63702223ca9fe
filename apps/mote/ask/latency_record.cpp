#include <apps/mote/ask/latency_record.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace mote::command {

/// Below 128 ns a bucket is a nanosecond; above it the highest eight bits tell which it is.
std::size_t latency_record::bucket_of(std::uint64_t nanoseconds) noexcept {
    const auto value = std::min(nanoseconds, (std::uint64_t{1} << most_bits) - 1);
    if (value < steps) return static_cast<std::size_t>(value);
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - step_bits - 1;
    return steps * shift + static_cast<std::size_t>(value >> shift);
}

/// The largest value that falls into it.
std::uint64_t latency_record::end_of(std::size_t bucket) noexcept {
    if (bucket < 2 * steps) return bucket;
    const std::size_t shift = bucket / steps - 1;
    const std::uint64_t first = bucket - steps * shift;
    return ((first + 1) << shift) - 1;
}

void latency_record::add(std::chrono::nanoseconds took) noexcept {
    const auto value = std::max(took, std::chrono::nanoseconds(0));
    ++buckets_[bucket_of(static_cast<std::uint64_t>(value.count()))];
    ++count_;
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
    sum_ += static_cast<double>(value.count());
}

std::chrono::nanoseconds latency_record::average() const noexcept {
    if (count_ == 0) return {};
    return std::chrono::nanoseconds(std::llround(sum_ / static_cast<double>(count_)));
}

std::chrono::nanoseconds latency_record::percentile(double share) const noexcept {
    if (count_ == 0) return {};
    const auto rank = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
    const auto wanted = std::clamp(static_cast<std::uint64_t>(rank), std::uint64_t{1}, count_);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen < wanted) continue;
        if (bucket + 1 == buckets_.size()) return most_;
        const std::chrono::nanoseconds end(static_cast<std::int64_t>(end_of(bucket)));
        return std::clamp(end, least_, most_);
    }
    return most_;
}

}  // namespace mote::command
