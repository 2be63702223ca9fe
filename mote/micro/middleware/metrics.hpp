#pragma once

#include <mote/micro/middleware.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace mote::micro {

/// One request that has ended, for a counter and a histogram. The texts are few: safe as labels.
struct request_metric {
    std::string endpoint{};  ///< its name
    std::string subject{};   ///< that of the endpoint, with its wildcards; not that of the request
    int status = 0;  ///< 200, that of a service error, 499 when the caller had gone; 0: nothing was answered (an event)
    std::chrono::nanoseconds took{};  ///< from where the middleware stands to the end of the call
    std::size_t bytes_in = 0;         ///< of the payload
};

/// Tells `sink` of each request when it has ended, on the executor of the connection. What it throws is dropped.
/// Throws std::invalid_argument for an empty one.
middleware metrics(std::function<void(const request_metric&)> sink);

}  // namespace mote::micro
