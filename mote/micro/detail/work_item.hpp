#pragma once

#include <mote/jetstream/delivery.hpp>
#include <mote/micro/detail/work_lines.hpp>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mote::micro::detail {

/// A message of a work queue that this instance was given and has not settled. Those who try it share it.
struct work_item : place_in_line {
    work_item(jetstream::delivery received, std::string its_key) : delivery(std::move(received)) {
        told = delivery.info();
        key = std::move(its_key);
    }

    jetstream::delivery delivery;
    std::uint64_t tries = 0;  // with the one that goes on
    std::chrono::steady_clock::time_point kept_alive = std::chrono::steady_clock::now();
    std::optional<boost::asio::steady_timer> pause{};  // before its next try, in a line
};

}  // namespace mote::micro::detail
