#include <mote/nats/detail/outbox.hpp>

#include <mote/nats/protocol/parser.hpp>

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace mote::nats::detail {
namespace {

/// A block stays in the processor's cache between being filled and being written.
constexpr std::size_t block_bytes = 80 * 1024;
constexpr std::size_t largest_kept_block = 256 * 1024;
constexpr std::size_t most_spare_blocks = 2;

/// No bound: what is here was checked when it was written.
constexpr protocol::limits no_limits{std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max(),
                                     std::numeric_limits<std::size_t>::max()};

std::size_t first_operation(std::string_view bytes, protocol::frame& out) {
    const auto result = protocol::parse_client_frame(bytes, out, no_limits);
    assert(result.status == protocol::parse_result::kind::complete);
    return result.status == protocol::parse_result::kind::complete ? result.size : bytes.size();
}

}  // namespace

void outbox::add_block(std::size_t bytes) {
    if (last_.empty()) {
        keep_spare(std::move(last_));
    } else {
        before_last_ += last_.size();
        full_.push_back(std::move(last_));
    }
    const auto fits = std::ranges::find_if(spare_, [&](const auto& block) { return block.capacity() >= bytes; });
    if (fits != spare_.end()) {
        last_ = std::move(*fits);
        spare_.erase(fits);
        return;
    }
    last_ = protocol::byte_buffer();
    last_.prepare(std::max(bytes, block_bytes));
}

void outbox::keep_spare(protocol::byte_buffer block) noexcept {
    if (block.capacity() == 0 || block.capacity() > largest_kept_block || spare_.size() >= most_spare_blocks) return;
    block.clear();
    spare_.reserve(most_spare_blocks);
    spare_.push_back(std::move(block));
}

void outbox::sent(std::size_t count) {
    sent_of_first_ += count;
    if (sent_of_first_ != first().size()) return;
    if (!full_.empty()) {
        before_last_ -= sent_of_first_;
        keep_spare(std::move(full_.front()));
        full_.pop_front();
    } else if (last_.capacity() <= largest_kept_block) {
        last_.clear();
    } else {
        last_ = protocol::byte_buffer();
    }
    sent_of_first_ = 0;
}

void outbox::keep_if(const std::function<bool(const protocol::frame&)>& is_kept) {
    outbox kept;
    auto gone = std::exchange(sent_of_first_, 0);
    if (!last_.empty()) full_.push_back(std::move(last_));
    for (const auto& block : full_) {
        const auto bytes = block.data();
        for (std::size_t at = 0; at < bytes.size();) {
            protocol::frame operation;
            const auto size = first_operation(bytes.substr(at), operation);
            const auto whole = bytes.substr(at, size);
            at += size;
            if (at > gone && is_kept(operation)) kept.end(size).append(whole);
        }
        gone = 0;
    }
    *this = std::move(kept);
}

void outbox::keep_messages() {
    keep_if([](const auto& operation) { return operation.op == protocol::operation::pub; });
}

std::vector<std::string> outbox::drop_larger_than(std::size_t max_payload) {
    assert(sent_of_first_ == 0);
    std::vector<std::string> dropped;
    if (size() <= max_payload) return dropped;
    keep_if([&](const auto& operation) {
        if (operation.op != protocol::operation::pub ||
            operation.headers.raw().size() + operation.payload.size() <= max_payload)
            return true;
        dropped.emplace_back(operation.subject);
        return false;
    });
    return dropped;
}

void outbox::prepend(protocol::byte_buffer operations) {
    assert(sent_of_first_ == 0);
    if (operations.empty()) return;
    before_last_ += operations.size();
    full_.push_front(std::move(operations));
}

void outbox::clear() noexcept { *this = outbox(); }

}  // namespace mote::nats::detail
