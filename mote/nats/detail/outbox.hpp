#pragma once

#include <mote/nats/protocol/byte_buffer.hpp>
#include <mote/nats/protocol/frame.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {

/// Whole operations that wait to be written, in blocks of memory that are used again: what waits is never moved. After a
/// broken link the operations that the server cannot have got are kept, and none is sent in half.
class outbox {
public:
    /// Where an operation of at most so many bytes is appended.
    protocol::byte_buffer& end(std::size_t bytes) {
        if (last_.room() < bytes) add_block(bytes);
        return last_;
    }
    /// The first of the bytes that wait; all of them when they are in one block.
    std::string_view unsent() const noexcept { return first().data().substr(sent_of_first_); }
    std::size_t size() const noexcept { return before_last_ + last_.size() - sent_of_first_; }
    bool empty() const noexcept { return size() == 0; }

    /// The transport took the first `count` bytes of `unsent()`.
    void sent(std::size_t count);
    /// After a broken link: keeps the messages of which not all bytes were taken, forgets all other operations.
    void keep_messages();
    /// Drops messages whose headers and payload have more than `max_payload` bytes and returns their subjects. Only while
    /// nothing is sent in part.
    std::vector<std::string> drop_larger_than(std::size_t max_payload);
    /// Puts whole operations before everything else. Only while nothing is sent in part.
    void prepend(protocol::byte_buffer operations);
    void clear() noexcept;

private:
    const protocol::byte_buffer& first() const noexcept { return full_.empty() ? last_ : full_.front(); }
    void add_block(std::size_t bytes);
    void keep_spare(protocol::byte_buffer block) noexcept;
    void keep_if(const std::function<bool(const protocol::frame&)>& is_kept);

    // Each block begins with a whole operation; only the last one may be empty. Most of the time it is the only one.
    std::deque<protocol::byte_buffer> full_;
    protocol::byte_buffer last_;
    std::size_t before_last_ = 0;    // bytes in all blocks but the last
    std::size_t sent_of_first_ = 0;  // bytes of the first block that are already taken
    std::vector<protocol::byte_buffer> spare_;
};

}  // namespace mote::nats::detail
