#pragma once

#include <mote/nats/message.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mote::nats::protocol {

/// The operations of the client protocol, both directions.
enum class operation : std::uint8_t {
    // from the server
    info,
    msg,  ///< MSG and HMSG
    ok,
    err,
    // from the client
    connect,
    pub,  ///< PUB and HPUB
    sub,
    unsub,
    // both
    ping,
    pong,
};

/// One whole operation; all parts are views into the bytes that were parsed. Of a message it is the view that handlers get: a
/// copy, made while what the parser wrote is still on its way to the cache, would take as long as half of the parsing.
/// `subject` is that of msg, pub and sub; `reply` also the queue group of sub; `headers` and `payload` are of msg and pub.
struct frame : message_view {
    operation op{};
    bool has_bad_headers = false;  ///< msg: its header block was none, and is left out
    std::uint64_t sid = 0;         ///< msg, sub, unsub
    std::uint64_t max = 0;         ///< unsub; 0: at once
    std::string_view text;         ///< info, connect: JSON; err: the text between the quotes
};

/// Bounds of what is accepted; past them the input is an error, however much of it has come.
struct limits {
    std::size_t max_control_line = 16 * 1024;                ///< bytes of an operation's first line
    std::size_t max_info_line = 1024 * 1024;                 ///< of INFO and CONNECT, which carry JSON
    std::size_t max_payload = 64 * 1024 * 1024 + 64 * 1024;  ///< headers and payload of one message
};

enum class parse_error : std::uint8_t {
    none,
    unknown_operation,
    bad_arguments,  ///< a wrong number of arguments, or an empty one
    bad_number,     ///< a size or sid that is no decimal number, or too large for its type
    line_too_long,
    payload_too_large,
    bad_terminator,  ///< no CR LF behind a payload
    bad_header_size,  ///< a header block larger than the whole message; of a client also one that does not start with NATS/1.0
};

std::string_view describe(parse_error error) noexcept;

}  // namespace mote::nats::protocol
