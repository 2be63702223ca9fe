#pragma once

#include <mote/functions/async_worker.hpp>
#include <mote/functions/detail/callback_places.hpp>
#include <mote/functions/detail/callback_sender.hpp>
#include <mote/jetstream/pull_consumer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mote::functions::detail {

/// Callbacks of one function at a time, each with a connection. What is past them waits, and not in the place of a run.
inline constexpr std::size_t most_callbacks = 64;

/// The queue of one function, as a worker has it.
struct worker_lane {
    enum class state { closed, opening, open, closing };

    worker_lane(function_name function, const boost::asio::any_io_executor& executor)
        : name(std::move(function)), places(std::make_shared<callback_places>(executor, most_callbacks)) {}

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
    std::shared_ptr<callback_sender> sender{};  // null until there is a callback to make
    std::shared_ptr<callback_places> places;
};

}  // namespace mote::functions::detail
