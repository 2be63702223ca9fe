#pragma once

#include <mote/nats/headers.hpp>
#include <mote/nats/protocol/byte_buffer.hpp>
#include <mote/nats/protocol/cursor.hpp>

#include <cstdint>
#include <string_view>

namespace mote::nats::protocol {

// Each function appends one whole operation, but for those that say so. The callers have checked subjects, groups and sizes: what comes here is valid.

void write_connect(byte_buffer& out, std::string_view json);
void write_ping(byte_buffer& out);
void write_pong(byte_buffer& out);
void write_sub(byte_buffer& out, std::string_view subject, std::string_view queue_group, std::uint64_t sid);
/// `max` 0 ends the subscription at once.
void write_unsub(byte_buffer& out, std::uint64_t sid, std::uint64_t max);
/// The first line of a PUB. Part of its callers, as write_pub is.
[[gnu::always_inline]] inline cursor& write_pub_line(cursor& at, std::string_view subject, std::string_view reply,
                                                     std::size_t payload_size) {
    at.text("PUB ").text(subject).blank();
    if (!reply.empty()) at.text(reply).blank();
    return at.number(payload_size).text(line_end);
}
/// Part of its caller, because an answer is so little work that a call is felt.
[[gnu::always_inline]] inline void write_pub(byte_buffer& out, std::string_view subject, std::string_view reply,
                                             std::string_view payload) {
    cursor at(out.prepare(subject.size() + reply.size() + payload.size() + max_digits + 10));
    write_pub_line(at, subject, reply, payload.size()).text(payload).text(line_end);
    out.commit(at.written());
}
/// `block_size` is what `header_block_size` says of `headers`.
void write_hpub(byte_buffer& out, std::string_view subject, std::string_view reply, const headers& headers,
                std::size_t block_size, std::string_view payload);

/// The same two without the payload and the end of its line.
void write_pub_head(byte_buffer& out, std::string_view subject, std::string_view reply, std::size_t payload_size);
void write_hpub_head(byte_buffer& out, std::string_view subject, std::string_view reply, const headers& headers,
                     std::size_t block_size, std::size_t payload_size);

/// Bytes of the header block on the wire, with its first line and its empty last one; 0 without headers.
std::size_t header_block_size(const headers& headers) noexcept;

}  // namespace mote::nats::protocol
