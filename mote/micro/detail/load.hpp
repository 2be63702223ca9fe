#pragma once

#include <mote/micro/detail/latency_histogram.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mote::micro::detail {

/// What an endpoint's `data` says beyond ADR-32.
struct load {
    latency_histogram latencies;
    std::chrono::nanoseconds longest{};

    void add(std::chrono::nanoseconds took, std::uint64_t requests = 1) noexcept {
        latencies.add(took, requests);
        longest = std::max(longest, took);
    }
};

}  // namespace mote::micro::detail
