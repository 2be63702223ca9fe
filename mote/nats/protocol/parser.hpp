#pragma once

#include <mote/nats/protocol/frame.hpp>

#include <cstddef>
#include <string_view>

namespace mote::nats::protocol {

/// What became of one attempt to take an operation from the front of the input.
struct parse_result {
    enum class kind : std::uint8_t { complete, incomplete, invalid };
    kind status = kind::incomplete;
    parse_error error = parse_error::none;
    /// complete: bytes of the operation. incomplete: bytes that are needed in all, as far as is known by now; always more
    /// than there are.
    std::size_t size = 0;
};

/// Takes one operation that a server sends from the front of `input`. Keeps no state: after `incomplete` it is called
/// again with the same bytes and more, so any split of the input gives the same frames. A payload is never searched; a
/// line that is not whole is searched again each time, which its bound makes cheap (an INFO of 1 MB that comes in segments
/// of 1460 bytes: 20 ms in all). On `complete` those members of `out` are set that its operation has; the others are as
/// they were.
parse_result parse_server_frame(std::string_view input, frame& out, const limits& bounds = {}) noexcept;

/// The same for what a client sends.
parse_result parse_client_frame(std::string_view input, frame& out, const limits& bounds = {}) noexcept;

}  // namespace mote::nats::protocol
