#pragma once

#include <mote/process/command.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What a `spawner` and its server tell each other: one packet a message. Numbers are of this machine's byte order; texts
/// have their length before them. Nothing here does I/O.
namespace mote::process::detail {

/// A packet is at most this long; a longer message is in a file in memory that goes with a packet.
inline constexpr std::size_t longest_packet = 64 * 1024;
inline constexpr std::size_t longest_message = 8 * 1024 * 1024;
inline constexpr std::size_t most_descriptors = 4;  // of a packet

/// Client to server. A stream that is `stream::pipe` here is a descriptor that goes with the packet, in this order.
struct start_message {
    std::uint64_t id = 0;
    command what{};
};
struct signal_message {
    std::uint64_t id = 0;
    int number = 0;
};

/// Server to client.
struct started_message {
    std::uint64_t id = 0;
    std::int32_t pid = 0;
};
struct failed_message {
    std::uint64_t id = 0;
    int code = 0;  // an errc
    std::string text{};
};
struct ended_message {
    std::uint64_t id = 0;
    std::int32_t code = 0;
    std::int32_t signal = 0;
};

using to_server = std::variant<start_message, signal_message>;
using to_client = std::variant<started_message, failed_message, ended_message>;

std::string encode(const start_message& message);
std::string encode(const signal_message& message);
std::string encode(const started_message& message);
std::string encode(const failed_message& message);
std::string encode(const ended_message& message);

/// The packet that goes with a file in memory.
std::string encode_large();
bool is_large(std::string_view packet) noexcept;

/// Nothing when the bytes are no such message, whole and without a rest.
std::optional<to_server> decode_to_server(std::string_view bytes);
std::optional<to_client> decode_to_client(std::string_view bytes);

}  // namespace mote::process::detail
