#include <mote/nats/detail/outbox.hpp>

#include <mote/nats/protocol/parser.hpp>

#include <cassert>
#include <limits>

namespace mote::nats::detail {
namespace {

constexpr std::size_t keep_capacity = 256 * 1024;

/// No bound: what is here was checked when it was written.
constexpr protocol::limits no_limits{std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max(),
                                     std::numeric_limits<std::size_t>::max()};

std::size_t first_operation(std::string_view bytes, protocol::frame& out) {
    const auto result = protocol::parse_client_frame(bytes, out, no_limits);
    assert(result.status == protocol::parse_result::kind::complete);
    return result.status == protocol::parse_result::kind::complete ? result.size : bytes.size();
}

}  // namespace

void outbox::sent(std::size_t count) {
    std::size_t taken = sent_of_first_ + count;
    if (taken == bytes_.size()) {
        clear();
        return;
    }
    protocol::frame ignored;
    while (taken != 0) {
        const auto size = first_operation(bytes_.data(), ignored);
        if (size > taken) break;
        bytes_.consume(size);
        taken -= size;
    }
    sent_of_first_ = taken;
}

void outbox::keep_messages() {
    sent_of_first_ = 0;
    protocol::byte_buffer kept;
    while (!bytes_.empty()) {
        protocol::frame operation;
        const auto size = first_operation(bytes_.data(), operation);
        if (operation.op == protocol::operation::pub) kept.append(bytes_.data().substr(0, size));
        bytes_.consume(size);
    }
    bytes_.swap(kept);
}

std::vector<std::string> outbox::drop_larger_than(std::size_t max_payload) {
    assert(sent_of_first_ == 0);
    std::vector<std::string> dropped;
    if (bytes_.size() <= max_payload) return dropped;
    protocol::byte_buffer kept;
    while (!bytes_.empty()) {
        protocol::frame operation;
        const auto size = first_operation(bytes_.data(), operation);
        if (operation.op == protocol::operation::pub &&
            operation.headers.size() + operation.payload.size() > max_payload)
            dropped.emplace_back(operation.subject);
        else
            kept.append(bytes_.data().substr(0, size));
        bytes_.consume(size);
    }
    bytes_.swap(kept);
    return dropped;
}

void outbox::prepend(protocol::byte_buffer operations) {
    assert(sent_of_first_ == 0);
    operations.append(bytes_.data());
    bytes_.swap(operations);
}

void outbox::clear() noexcept {
    bytes_.clear();
    sent_of_first_ = 0;
    if (bytes_.capacity() > keep_capacity) bytes_ = protocol::byte_buffer();
}

}  // namespace mote::nats::detail
