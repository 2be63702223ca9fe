#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace mote::http::detail {

/// Bytes that came and were not used yet, in one piece. They stay where they are until `room` is asked for.
class input_buffer {
public:
    static constexpr std::size_t first_capacity = 4096;
    static constexpr std::size_t largest = 65536;

    std::string_view bytes() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }

    void consume(std::size_t size) noexcept {
        begin_ += size;
        start_over();
    }
    void clear() noexcept {
        begin_ = end_;
        start_over();
    }

    /// Space behind the bytes, without moving them; empty when there is none. It is promised until `commit`: what comes
    /// lands there, so that nothing moves meanwhile.
    std::span<char> tail() noexcept {
        promised_ = end_ != capacity_;
        return {memory_.get() + end_, capacity_ - end_};
    }
    /// The same, but the bytes may be moved for it; grows up to `limit` when it is full.
    std::span<char> room(std::size_t limit) {
        start_over();
        if (memory_ != nullptr && begin_ != 0 && end_ == capacity_) {
            std::memmove(memory_.get(), memory_.get() + begin_, size());
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == capacity_ && capacity_ < limit) grow(std::max(first_capacity, capacity_ * 2));
        return tail();
    }
    /// Grows to `capacity` at once; only when it is empty.
    void reserve(std::size_t capacity) {
        if (capacity_ < capacity) grow(capacity);
    }
    /// Gives its memory back; only when it is empty and nothing is promised. Returns it where it has `first_capacity` bytes.
    std::unique_ptr<char[]> release() noexcept {
        auto memory = std::move(memory_);
        if (capacity_ != first_capacity) memory.reset();
        capacity_ = begin_ = end_ = 0;
        return memory;
    }
    bool has_memory() const noexcept { return memory_ != nullptr; }
    /// What `release` returned, of whatever buffer; only when it has none.
    void adopt(std::unique_ptr<char[]> memory) noexcept {
        if (memory == nullptr) return;
        memory_ = std::move(memory);
        capacity_ = first_capacity;
    }
    /// So many bytes came into the space.
    void commit(std::size_t size) noexcept {
        end_ += size;
        promised_ = false;
    }

private:
    void start_over() noexcept {
        if (begin_ == end_ && !promised_) begin_ = end_ = 0;
    }
    void grow(std::size_t capacity) {
        std::unique_ptr<char[]> larger(new char[capacity]);
        if (!empty()) std::memcpy(larger.get(), memory_.get() + begin_, size());
        end_ -= begin_;
        begin_ = 0;
        memory_ = std::move(larger);
        capacity_ = capacity;
    }

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool promised_ = false;
};

}  // namespace mote::http::detail
