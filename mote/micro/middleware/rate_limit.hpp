#pragma once

#include <mote/micro/middleware.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace mote::micro {

struct rate_limit_options {
    /// What shares a limit: requests of the same text do, of which the first 256 bytes count. Empty: those to the same
    /// endpoint.
    std::function<std::string(const request&)> key{};
    /// Keys known at once, at least 1; past it the one that was asked for longest ago is forgotten, and begins with a
    /// full bucket when it comes again.
    std::size_t max_keys = 10000;
    std::function<std::chrono::steady_clock::time_point()> clock{};  ///< for tests; empty: the steady clock
};

/// Lets `per_second` requests through in the long run, and `burst` at once after a pause (a token bucket); the others
/// are answered 429 `too many requests` with `Retry-After`, in whole seconds, rounded up. Throws std::invalid_argument
/// when `per_second` is not above 0 or `burst` is 0.
middleware rate_limit(double per_second, std::size_t burst, rate_limit_options opts = {});

}  // namespace mote::micro
