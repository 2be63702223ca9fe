#include <mote/nats/protocol/writer.hpp>

namespace mote::nats::protocol {
namespace {

constexpr std::string_view header_version = "NATS/1.0\r\n";

std::size_t hpub_head_room(std::string_view subject, std::string_view reply, std::size_t block_size) {
    return subject.size() + reply.size() + block_size + 2 * max_digits + 10;
}

}  // namespace

void write_connect(byte_buffer& out, std::string_view json) {
    out.append("CONNECT ");
    out.append(json);
    out.append(line_end);
}

void write_ping(byte_buffer& out) { out.append("PING\r\n"); }

void write_pong(byte_buffer& out) { out.append("PONG\r\n"); }

void write_sub(byte_buffer& out, std::string_view subject, std::string_view queue_group, std::uint64_t sid) {
    cursor at(out.prepare(subject.size() + queue_group.size() + max_digits + 8));
    at.text("SUB ").text(subject).blank();
    if (!queue_group.empty()) at.text(queue_group).blank();
    at.number(sid).text(line_end);
    out.commit(at.written());
}

void write_unsub(byte_buffer& out, std::uint64_t sid, std::uint64_t max) {
    cursor at(out.prepare(2 * max_digits + 10));
    at.text("UNSUB ").number(sid);
    if (max != 0) at.blank().number(max);
    at.text(line_end);
    out.commit(at.written());
}

void write_hpub(byte_buffer& out, std::string_view subject, std::string_view reply, const headers& headers,
                std::size_t block_size, std::string_view payload) {
    out.prepare(hpub_head_room(subject, reply, block_size) + payload.size() + line_end.size());
    write_hpub_head(out, subject, reply, headers, block_size, payload.size());
    cursor at(out.end());
    at.text(payload).text(line_end);
    out.commit(at.written());
}

void write_pub_head(byte_buffer& out, std::string_view subject, std::string_view reply, std::size_t payload_size) {
    cursor at(out.prepare(subject.size() + reply.size() + max_digits + 8));
    write_pub_line(at, subject, reply, payload_size);
    out.commit(at.written());
}

void write_hpub_head(byte_buffer& out, std::string_view subject, std::string_view reply, const headers& headers,
                     std::size_t block_size, std::size_t payload_size) {
    cursor at(out.prepare(hpub_head_room(subject, reply, block_size)));
    at.text("HPUB ").text(subject).blank();
    if (!reply.empty()) at.text(reply).blank();
    at.number(block_size).blank().number(block_size + payload_size).text(line_end);
    at.text(header_version);
    at.text(headers.lines()).text(line_end);
    out.commit(at.written());
}

std::size_t header_block_size(const headers& headers) noexcept {
    if (headers.empty()) return 0;
    return header_version.size() + headers.lines().size() + line_end.size();
}

}  // namespace mote::nats::protocol
