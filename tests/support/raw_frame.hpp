#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mote::test {

/// One frame that a server sent, taken apart by code that shares nothing with the library. Views into the frame's bytes.
struct raw_frame {
    std::string_view verb;     // INFO, MSG, HMSG, PING, PONG, +OK, -ERR
    std::string_view subject;  // of MSG and HMSG, as the three below
    std::string_view sid;
    std::string_view reply;    // empty when there is none
    std::string_view headers;  // of HMSG: from "NATS/1.0" to the blank line, both included
    std::string_view payload;  // of INFO and -ERR: the text after the verb
};

/// How many bytes the first whole frame in `bytes` has; nothing when it is not whole yet. Throws `std::runtime_error` when
/// the first line is none of the protocol.
std::optional<std::size_t> raw_frame_size(std::string_view bytes);

/// Takes one whole frame apart. Throws `std::runtime_error` when it is none.
raw_frame parse_raw_frame(std::string_view bytes);

/// The bytes of a PUB, or of an HPUB when `headers` (a whole block, "NATS/1.0\r\n...\r\n\r\n") is not empty.
std::string raw_publish(std::string_view subject, std::string_view reply, std::string_view headers,
                        std::string_view payload);

}  // namespace mote::test
