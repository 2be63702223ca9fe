#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mote::nats::protocol {

constexpr std::size_t max_digits = 20;
constexpr std::string_view line_end = "\r\n";

/// Writes into memory that was made large enough beforehand.
class cursor {
public:
    explicit cursor(char* at) : begin_(at), at_(at) {}
    cursor& text(std::string_view part) {
        if (!part.empty()) std::memcpy(at_, part.data(), part.size());
        at_ += part.size();
        return *this;
    }
    cursor& blank() {
        *at_++ = ' ';
        return *this;
    }
    cursor& number(std::uint64_t value) {
        if (value < 100) return small_number(static_cast<unsigned>(value));  // the size of most messages
        at_ = std::to_chars(at_, at_ + max_digits, value).ptr;
        return *this;
    }
    std::size_t written() const { return static_cast<std::size_t>(at_ - begin_); }

private:
    cursor& small_number(unsigned value) {
        if (value >= 10) *at_++ = static_cast<char>('0' + value / 10);
        *at_++ = static_cast<char>('0' + value % 10);
        return *this;
    }

    char* begin_;
    char* at_;
};

}  // namespace mote::nats::protocol
