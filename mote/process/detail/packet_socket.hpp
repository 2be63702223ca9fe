#pragma once

#include <mote/process/detail/descriptor.hpp>
#include <mote/process/detail/spawn_message.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::process::detail {

enum class io_result {
    done,
    later,    // the socket is full, or empty, for now
    refused,  // this packet cannot be sent, others may
    closed,
};

/// One packet with descriptors, by `flags` of sendmsg.
io_result send_packet(int socket, std::string_view packet, std::span<const int> descriptors, int flags) noexcept;

/// What came with one packet.
struct packet {
    std::string_view bytes{};  // in the buffer of the call
    std::vector<descriptor> descriptors{};
    bool whole = true;  // false: longer than the buffer, or with descriptors that did not fit
};

/// `buffer` has the size that is the bound of a packet.
io_result receive_packet(int socket, std::string& buffer, packet& into, int flags);

/// A file in memory with this content, for what is longer than a packet; none, and errno, when that fails.
descriptor file_of(std::string_view content) noexcept;
/// All of such a file; nothing when it cannot be read or is longer than `longest_message`.
std::optional<std::string> content_of(int file);

}  // namespace mote::process::detail
