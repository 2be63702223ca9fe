#pragma once

#include <mote/nats/connection.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>

namespace mote::command {

/// How far the clock of a server is before ours, and by how much that may be wrong: half the time of the question.
struct time_difference {
    std::chrono::nanoseconds ahead{};
    std::chrono::nanoseconds uncertain{};
};

/// Nothing where the server does not tell its time: it does with what it says of a stream (from 2.10), so there has to be one. Throws
/// nothing that is about the server.
boost::asio::awaitable<std::optional<time_difference>> compare_times(nats::connection connection,
                                                                     nats::jetstream_location where,
                                                                     std::chrono::milliseconds patience);

}  // namespace mote::command
