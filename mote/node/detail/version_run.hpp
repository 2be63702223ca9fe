#pragma once

#include <mote/functions/description.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace mote::node::detail {

/// One version of a function on a node: what is started of it, and how that goes. What fails is tried again later and later.
struct version_run {
    using clock = std::chrono::steady_clock;

    std::shared_ptr<const functions::description> what{};  // null: there is no such version
    bool has_one_place = false;                            // known once the first is about to start
    bool was_ready = false;                                // ever, while this node knew it
    std::uint32_t starting = 0;
    unsigned failures = 0;  // in a row
    clock::time_point last_start{};
    clock::time_point next_try{};
    std::string trouble{};  // why the last start failed, or the last process ended
    int trouble_status = 503;

    bool is(std::uint64_t generation) const noexcept { return what != nullptr && what->generation == generation; }
    /// Of a number that is wanted, how many there can be.
    std::uint32_t most_of(std::uint32_t count) const noexcept { return has_one_place ? std::min(count, 1U) : count; }
    bool is_failing() const noexcept { return failures != 0 && starting == 0; }
    bool has_to_wait() const noexcept { return failures != 0 && clock::now() < next_try; }

    void note_start() noexcept;
    void note_failure(std::string why, int status);
    /// Of a process that took calls: who lived for long is started again at once.
    void note_end(std::string why);
    /// Nothing is wrong any more, whatever was.
    void forget_trouble() noexcept;
};

}  // namespace mote::node::detail
