#pragma once

#include <apps/hackernews/post.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>

namespace hackernews {

/// What became of the items that an instance was asked to process since its start, by `process` and `process-reply`.
struct counters {
    std::uint64_t received = 0;  ///< every id that came, also those that turned out to be no id
    std::uint64_t stored = 0;
    std::uint64_t failed = 0;                                ///< no answer of the API or of the storage, or not an id
    std::array<std::uint64_t, skip_reason_count> skipped{};  ///< by skip_reason
    std::string last_error{};                                ///< one line, as it was logged; empty before the first

    std::uint64_t skipped_for(skip_reason reason) const noexcept { return skipped[static_cast<std::size_t>(reason)]; }
    std::uint64_t skipped_in_all() const noexcept {
        return std::accumulate(skipped.begin(), skipped.end(), std::uint64_t{0});
    }
    std::uint64_t finished() const noexcept { return stored + failed + skipped_in_all(); }
    std::uint64_t in_progress() const noexcept { return received - finished(); }
};

/// What the stats handler shows: `{"received":3,"stored":1,"failed":1,"skipped":{"job":1}}`, reasons that occurred only.
std::string to_json(const counters& counted);

}  // namespace hackernews
