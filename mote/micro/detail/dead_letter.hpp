#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace mote::micro::detail {

// Work that no try could do goes to the stream `mote_dead`, on `mote.dead.<service>.<endpoint>`, as it was, with headers that
// say whose it was and why (docs/protocol.md).

inline constexpr const char* dead_letter_stream = "mote_dead";

/// Whose work it was, and why nobody could do it.
struct dead_letter {
    std::string service{};
    std::string endpoint{};
    std::string stream{};
    std::uint64_t sequence = 0;  ///< in `stream`
    /// When `stream` stored it: a stream that was made anew counts from 1 again.
    std::chrono::system_clock::time_point stored{};
    std::uint64_t tries = 0;
    std::string reason{};
};

/// Made if it is not there.
boost::asio::awaitable<void> make_dead_letter_stream(jetstream::context js);
/// Returns when the stream has it; twice the same is one.
boost::asio::awaitable<void> publish_dead_letter(jetstream::context js, dead_letter letter,
                                                 const nats::message_view& message);

}  // namespace mote::micro::detail
