#include <mote/gateway/detail/code_table.hpp>

#include <algorithm>
#include <numeric>

namespace mote::gateway::detail {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

std::size_t bucket_of(std::chrono::nanoseconds took) noexcept {
    std::size_t bucket = 0;
    while (bucket < latency_bounds.size() && took.count() > latency_bounds[bucket].microseconds * 1000) ++bucket;
    return bucket;
}

}  // namespace

code_table::slot& code_table::slot_of(int status) noexcept {
    for (std::size_t i = 0; i < exact_codes; ++i) {
        int held = slots_[i].status.load(relaxed);
        // What others claim meanwhile is looked at by the comparison.
        if (held == 0 && slots_[i].status.compare_exchange_strong(held, status, relaxed)) return slots_[i];
        if (held == status) return slots_[i];
    }
    const auto of_class = static_cast<std::size_t>(std::clamp(status / 100, 1, static_cast<int>(classes)) - 1);
    return slots_[exact_codes + of_class];
}

void code_table::add(int status, std::chrono::nanoseconds took) noexcept {
    auto& to = slot_of(std::clamp(status, 100, 599));
    took = std::max(took, std::chrono::nanoseconds(0));
    to.nanoseconds.fetch_add(static_cast<std::uint64_t>(took.count()), relaxed);
    to.counts[bucket_of(took)].fetch_add(1, relaxed);
}

std::uint64_t code_table::total() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& each : slots_)
        for (const auto& count : each.counts) sum += count.load(relaxed);
    return sum;
}

std::uint64_t code_table::row::total() const noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::vector<code_table::row> code_table::rows() const {
    std::vector<row> made;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const auto& from = slots_[i];
        row one;
        for (std::size_t b = 0; b < buckets; ++b) one.counts[b] = from.counts[b].load(relaxed);
        if (one.total() == 0) continue;
        one.nanoseconds = from.nanoseconds.load(relaxed);
        one.code =
            i < exact_codes ? std::to_string(from.status.load(relaxed)) : std::to_string(i - exact_codes + 1) + "xx";
        made.push_back(std::move(one));
    }
    std::ranges::sort(made, {}, &row::code);
    return made;
}

}  // namespace mote::gateway::detail
