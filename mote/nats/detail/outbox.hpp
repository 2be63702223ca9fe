#pragma once

#include <mote/nats/protocol/byte_buffer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mote::nats::detail {

/// Whole operations that wait to be written. Remembers where an operation begins, so that after a broken link the ones
/// that the server cannot have got are kept, and none is sent in half.
class outbox {
public:
    /// Where the protocol writer appends.
    protocol::byte_buffer& end() noexcept { return bytes_; }
    std::string_view unsent() const noexcept { return bytes_.data().substr(sent_of_first_); }
    std::size_t size() const noexcept { return bytes_.size(); }
    bool empty() const noexcept { return bytes_.empty(); }

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
    protocol::byte_buffer bytes_;    // begins with a whole operation
    std::size_t sent_of_first_ = 0;  // bytes of the first operation that are already taken
};

}  // namespace mote::nats::detail
