#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mote::nats::protocol {

/// Finds one after the other the bytes up to ' ' (blanks and control characters) in `[begin, end)`, from `begin + skip`
/// on. Where 64 bytes can be read at once they are looked at together, since the line of a message seldom is longer.
class blank_scanner {
public:
    static constexpr char none = '\0';

    blank_scanner(const char* begin, const char* end, std::size_t skip) noexcept : at_(begin + skip), end_(end) {
        if (end - begin < block) return;
        word_ = begin;
        marks_ = blanks_of_block(begin) & (~std::uint64_t{0} << skip);
    }

    /// The next one; `&none` when there is none, so that a look at what it is suffices.
    const char* next() noexcept {
        if (marks_ != 0) {
            const auto* const found = word_ + std::countr_zero(marks_);
            marks_ &= marks_ - 1;
            at_ = found + 1;
            return found;
        }
        if (word_ != nullptr) at_ = word_ + block;
        word_ = nullptr;
        return next_by_bytes();
    }

private:
    static constexpr std::ptrdiff_t block = 64;

    const char* next_by_bytes() noexcept {
        while (at_ != end_ && static_cast<unsigned char>(*at_) > ' ') ++at_;
        return at_ == end_ ? &none : at_++;
    }

    /// Bit i for byte i.
    static std::uint64_t blanks_of_block(const char* at) noexcept {
        std::uint64_t marks = 0;
#if defined(__SSE2__)
        const __m128i blank = _mm_set1_epi8(' ');
        for (int part = 0; part < block / 16; ++part) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at) + part);
            const auto found = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(bytes, blank), bytes));
            marks |= static_cast<std::uint64_t>(static_cast<unsigned>(found)) << (16 * part);
        }
#else
        for (int i = 0; i < block; ++i)
            marks |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i]) <= ' ') << i;
#endif
        return marks;
    }

    const char* at_;
    const char* end_;
    const char* word_ = nullptr;  // the block that marks_ is of
    std::uint64_t marks_ = 0;
};

}  // namespace mote::nats::protocol
