#pragma once

#include <mote/micro/detail/otlp_settings.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>

namespace mote::micro::detail {

/// What a collector said.
struct otlp_answer {
    int status = 0;  ///< 0: there was no answer, see `problem`
    std::optional<std::chrono::seconds> retry_after{};
    std::string problem{};
};

/// Posts JSON on a connection of its own, which is bounded by `timeout` in all. Throws nothing but out of memory.
boost::asio::awaitable<otlp_answer> post_json(otlp_target target, std::string body, std::chrono::nanoseconds timeout);

}  // namespace mote::micro::detail
