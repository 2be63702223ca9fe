#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace mote::node::detail {

/// Bytes of an answer that were not used yet, in one piece. They stay where they are until `room` is asked for, also those
/// that were used.
class answer_buffer {
public:
    static constexpr std::size_t first_capacity = 4096;
    static constexpr std::size_t largest = 65536 + 8192;  // a whole head, and the line behind it

    std::string_view bytes() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }
    bool full() const noexcept { return begin_ == 0 && end_ == largest; }
    void use(std::size_t size) noexcept { begin_ += size; }
    void commit(std::size_t size) noexcept {
        end_ += size;
        grow_next_ = end_ == capacity_;
    }

    /// Space for more; empty when it is full.
    std::span<char> room() {
        if (begin_ == end_) {
            begin_ = end_ = 0;
        } else if (begin_ != 0 && end_ == capacity_) {
            std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        // A read that filled it says that larger ones are worth their memory.
        if ((grow_next_ || end_ == capacity_) && capacity_ < largest) grow();
        return {memory_.get() + end_, capacity_ - end_};
    }
    /// Forgets the bytes, and gives memory back that few answers need.
    void clear() noexcept {
        begin_ = end_ = 0;
        grow_next_ = false;
        if (capacity_ <= 4 * first_capacity) return;
        memory_.reset();
        capacity_ = 0;
    }

private:
    void grow() {
        const auto capacity = std::min(largest, std::max(first_capacity, 4 * capacity_));
        auto memory = std::make_unique_for_overwrite<char[]>(capacity);
        if (begin_ != end_) std::memcpy(memory.get(), memory_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        memory_ = std::move(memory);
        capacity_ = capacity;
        grow_next_ = false;
    }

    std::unique_ptr<char[]> memory_{};
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool grow_next_ = false;
};

}  // namespace mote::node::detail
