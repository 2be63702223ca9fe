#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/micro/dead_letters.hpp>
#include <mote/nats/message.hpp>

#include <chrono>
#include <cstdint>

namespace mote::micro::detail {

// From a message of `mote_dead` to what it says of itself (docs/protocol.md). Strict: what is not as we write it is left out.

/// With the payload.
micro::dead_letter read_letter(const jetstream::stored_message& stored);

/// Without the payload, from a reader that gets the headers only; its server tells the size in one more header.
micro::dead_letter read_letter_headers(const nats::message& message, std::uint64_t sequence,
                                       std::chrono::system_clock::time_point time);

}  // namespace mote::micro::detail
