#pragma once

#include <mote/functions/description.hpp>
#include <mote/functions/scale_settings.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mote::node::detail {

/// What is known of a function's load at one moment.
struct load_sample {
    std::chrono::steady_clock::time_point at{};
    std::uint64_t calls = 0;              ///< so far
    std::size_t in_flight = 0;            ///< now
    std::chrono::nanoseconds cpu_time{};  ///< so far
    std::chrono::steady_clock::time_point last_call{};
};

/// Decides how many replicas one function should have. No clock, no bucket: the samples bring the time.
class scaler {
public:
    /// The number that `what` should have now, when it is another one. `settings` are its own. `may_lower`: it has more than the
    /// least because of its load, and not because somebody wants so many.
    std::optional<std::uint32_t> look(const load_sample& now, const functions::scale_settings& settings,
                                      const functions::description& what, bool may_lower);

    double millicores() const noexcept { return millicores_; }  ///< over the last few seconds

private:
    double load_of(const load_sample& now, functions::load_kind kind) const noexcept;

    // Vectors, as each function has a scaler: an empty deque has half a kilobyte.
    std::vector<load_sample> samples_;  // of the last ten seconds
    std::vector<std::pair<std::chrono::steady_clock::time_point, std::uint32_t>>
        wanted_;                                            // for the window before going down
    std::chrono::steady_clock::time_point wanted_since_{};  // what was wanted is known from then on
    double millicores_ = 0;
};

}  // namespace mote::node::detail
