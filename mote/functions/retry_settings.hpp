#pragma once

#include <mote/functions/description.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

namespace mote::functions {

/// When an asynchronous call is tried again: what the annotations `com.openfaas.retry.*` say.
struct retry_settings {
    std::uint32_t attempts = 10;                        ///< tries in all, 1 to 1,000
    std::set<int> codes{408, 429, 500, 502, 503, 504};  ///< `codes`, between commas; `none` or empty: no status
    std::chrono::nanoseconds min_wait{std::chrono::seconds(10)};
    std::chrono::nanoseconds max_wait{std::chrono::seconds(120)};  ///< at most a day

    /// Throws `errc::bad_setting` with the annotation, its value and what is wrong.
    static retry_settings of(const text_map& annotations);
    static retry_settings of(const description& what);

    bool again(int status) const noexcept { return codes.contains(status); }
    /// The wait after `tried` tries (from 1): min_wait, then doubled up to max_wait, of which a random part of up to a half
    /// is taken off. `chance` is in 0..1.
    std::chrono::nanoseconds wait_after(std::uint32_t tried, double chance) const noexcept;
};

/// How many asynchronous calls of a function one worker runs at once: the label or annotation `com.openfaas.max_inflight`, else
/// its variable `max_inflight`, where that is not 0; else `otherwise`. 1 to 100,000. Throws `errc::bad_setting`.
std::uint32_t async_concurrency(const description& what, std::uint32_t otherwise);

/// How long one run may take: the variable `exec_timeout` (seconds, or a duration such as 90s), where that is not 0; else
/// `otherwise`. Throws `errc::bad_setting`.
std::chrono::nanoseconds run_timeout(const description& what, std::chrono::nanoseconds otherwise);

/// The value of `Retry-After`: seconds, or an HTTP date of any of the three forms; at least 0, and at most a day. Nothing for
/// anything else.
std::optional<std::chrono::nanoseconds> retry_after(std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace mote::functions
