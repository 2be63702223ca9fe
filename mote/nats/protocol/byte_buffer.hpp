#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace mote::nats::protocol {

/// Bytes that are appended at the end and consumed at the front, in one piece of memory that is not zeroed when it grows.
/// Views into it end with the next `prepare`, `append` or `shrink`.
class byte_buffer {
public:
    byte_buffer() = default;
    byte_buffer(byte_buffer&& other) noexcept { swap(other); }
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        byte_buffer(std::move(other)).swap(*this);
        return *this;
    }
    ~byte_buffer() = default;

    std::string_view data() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    std::size_t capacity() const noexcept { return capacity_; }
    /// Bytes that fit behind the end without moving anything.
    std::size_t room() const noexcept { return capacity_ - end_; }
    char* end() noexcept { return bytes_.get() + end_; }

    /// Makes room for at least `count` bytes behind the end and returns where they go; `commit` adds them.
    char* prepare(std::size_t count) {
        if (room() < count) make_room(count);
        return end();
    }
    void commit(std::size_t count) noexcept { end_ += count; }
    void consume(std::size_t count) noexcept {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    void append(std::string_view text) {
        if (text.empty()) return;
        std::memcpy(prepare(text.size()), text.data(), text.size());
        commit(text.size());
    }
    void clear() noexcept { begin_ = end_ = 0; }
    void swap(byte_buffer& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(capacity_, other.capacity_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
    }
    /// Gives memory back when nothing is kept and more than `keep` bytes are held.
    void shrink(std::size_t keep) {
        if (!empty() || capacity_ <= keep) return;
        bytes_.reset(new char[keep]);
        capacity_ = keep;
    }

private:
    void make_room(std::size_t count) {
        const std::size_t used = size();
        // Moving is paid for by what was consumed: a full buffer that gives and takes a few bytes at a time must not move
        // all of its bytes each time.
        if (used + count > capacity_ || begin_ < used / 4) {
            const std::size_t wanted = std::max(used + count, std::max<std::size_t>(capacity_ * 2, 4096));
            std::unique_ptr<char[]> larger(new char[wanted]);
            if (used != 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
            bytes_ = std::move(larger);
            capacity_ = wanted;
        } else if (used != 0) {
            std::memmove(bytes_.get(), bytes_.get() + begin_, used);
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace mote::nats::protocol
