#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mote::gateway::detail {

/// Upper ends of the buckets, in microseconds, and as the text format says them; the last bucket has none. Those of the
/// Prometheus clients, and below them some for functions that answer within a millisecond.
struct latency_bound {
    std::int64_t microseconds;
    const char* text;
};
inline constexpr std::array<latency_bound, 14> latency_bounds{{{500, "0.0005"},
                                                               {1'000, "0.001"},
                                                               {2'500, "0.0025"},
                                                               {5'000, "0.005"},
                                                               {10'000, "0.01"},
                                                               {25'000, "0.025"},
                                                               {50'000, "0.05"},
                                                               {100'000, "0.1"},
                                                               {250'000, "0.25"},
                                                               {500'000, "0.5"},
                                                               {1'000'000, "1"},
                                                               {2'500'000, "2.5"},
                                                               {5'000'000, "5"},
                                                               {10'000'000, "10"}}};

/// How long answers took, by their status: a histogram for each of the first 12 different statuses, and one for each class of
/// the others. Of a fixed size. Any thread may add and read.
class code_table {
public:
    static constexpr std::size_t exact_codes = 12;
    static constexpr std::size_t buckets = latency_bounds.size() + 1;

    void add(int status, std::chrono::nanoseconds took) noexcept;
    std::uint64_t total() const noexcept;

    struct row {
        std::string code{};                           // `200`, or `4xx` for the rest of a class
        std::array<std::uint64_t, buckets> counts{};  // of each bucket alone
        std::uint64_t nanoseconds = 0;
        std::uint64_t total() const noexcept;
    };
    /// Of the statuses that there were.
    std::vector<row> rows() const;

private:
    static constexpr std::size_t classes = 5;

    struct slot {
        std::atomic<int> status{0};  // zero: free; of a class: nothing
        std::array<std::atomic<std::uint64_t>, buckets> counts{};
        std::atomic<std::uint64_t> nanoseconds{0};
    };

    slot& slot_of(int status) noexcept;

    std::array<slot, exact_codes + classes> slots_;
};

}  // namespace mote::gateway::detail
