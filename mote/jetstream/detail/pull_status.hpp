#pragma once

#include <mote/nats/headers.hpp>

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <string>

namespace mote::jetstream::detail {

/// What a pull consumer does about a message that is no delivery.
enum class pull_action {
    none,      ///< a heartbeat, or nothing of the consumer's
    count,     ///< a request ended in the normal way: `unsent` of it will not come
    ask_anew,  ///< what was asked for is void, or unknown: ask again, after a while
    unpinned,  ///< another one is pinned, or will be: ask anew, without the pin
    look,      ///< nobody answers: look whether the consumer is still there
    end,       ///< for good
};

struct pull_status {
    pull_action action = pull_action::none;
    std::size_t unsent = 0;
    std::size_t unsent_bytes = 0;       ///< of the bytes that were asked for, with `unsent`
    bool too_large = false;             ///< it ended because the next message has more bytes than were left
    boost::system::error_code error{};  ///< for ask_anew, unpinned and end
    std::string text{};                 ///< the server's words
};

/// Reads the header block of such a message. The words after a 409 are what tells one from the other; their case differs
/// among servers.
pull_status parse_pull_status(const nats::headers_view& headers);

}  // namespace mote::jetstream::detail
