#pragma once

#include <mote/jetstream/delivery.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace mote::jetstream {

struct fetch_options {
    std::chrono::nanoseconds expires{std::chrono::seconds(5)};  ///< waits so long for the last message; above 0
    bool no_wait = false;       ///< only what is there now: returns at once. `expires` and `heartbeat` do not matter
    std::size_t max_bytes = 0;  ///< of all of them, with subjects, replies and headers; 0: no bound
    /// After two of these without a sign of life it returns with `errc::no_heartbeat`; at most half of `expires`. 0: none
    /// for what expires within 2 s, else half of `expires` and at most 5 s.
    std::chrono::nanoseconds heartbeat{0};
};

/// Why a fetch gave no more messages.
enum class fetch_end {
    filled,       ///< it has all that it asked for
    expired,      ///< the time is over
    no_messages,  ///< `no_wait`, and there are no more
    bytes,        ///< the next message does not fit into max_bytes
    failed,       ///< see fetch_result::error
};

struct fetch_result {
    std::vector<delivery> deliveries{};
    fetch_end end = fetch_end::filled;
    /// `errc::consumer_not_found` (deleted meanwhile), `errc::no_heartbeat`, `errc::pull_ended` and `errc::bad_request`
    /// (the server's words are in `text`), `nats::errc::no_responders` (no such consumer, or it has no leader now),
    /// `nats::errc::disconnected`, `nats::errc::closed`.
    boost::system::error_code error{};
    std::string text{};  ///< the server's words, whatever the end
};

}  // namespace mote::jetstream
