#pragma once

#include <mote/functions/async_worker.hpp>
#include <mote/jetstream/pull_consumer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mote::functions::detail {

/// The queue of one function, as a worker has it.
struct worker_lane {
    enum class state { closed, opening, open, closing };

    explicit worker_lane(function_name function) : name(std::move(function)) {}

    function_name name;
    state is = state::closed;
    bool wanted = false;  // something came while it was opening or closing
    std::uint32_t concurrency = 0;
    std::uint32_t said = 0;  // the same, as the deployment alone says it
    std::string digest{};    // of the bundle that may say it, too
    std::chrono::steady_clock::time_point used = std::chrono::steady_clock::now();
    std::uint64_t passed_over = 0;  // a message that the last look found to be, see worker_repair.cpp; 0: none
    std::optional<jetstream::pull_consumer> pull{};
    async_counts counts{};
};

}  // namespace mote::functions::detail
