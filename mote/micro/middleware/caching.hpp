#pragma once

#include <mote/micro/middleware.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace mote::micro {

struct caching_options {
    std::chrono::nanoseconds ttl{std::chrono::seconds(10)};  ///< how long a reply is good for
    std::size_t max_entries = 1000;
    std::size_t max_bytes =
        std::size_t{16} * 1024 * 1024;  ///< of keys, payloads and headers; what is larger is not kept
    /// All that the reply depends on; nothing: this request is not for the cache. Empty: subject and payload of the
    /// request, but not its headers. Endpoints never share replies.
    std::function<std::optional<std::string>(const request&)> key{};
    std::function<std::chrono::steady_clock::time_point()> clock{};  ///< for tests; empty: the steady clock
};

/// Answers from memory what was answered before: payload and headers of a handler's one successful reply. Errors, and
/// calls with several replies, are not kept; past a bound the reply that was used longest ago goes. Requests that come
/// while the first of their kind is under way all reach the handler.
///
/// Put it inside of what lets requests through, such as `require_token`: who gets as far as here gets the reply of
/// others.
middleware caching(caching_options opts = {});

}  // namespace mote::micro
