#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Numbers as JSON writes them.
namespace mote::json::detail {

/// The parts of a number. All are views of the text.
struct number_text {
    std::string_view all;
    std::string_view whole;     // without the sign
    std::string_view fraction;  // without the dot
    std::int64_t exponent = 0;  // what is beyond +-10^12 counts as that
    bool negative = false;
    bool integer = true;  // neither a fraction nor an exponent
};

/// The number at the start of `text`; nothing where none is. What follows it is the caller's matter.
std::optional<number_text> scan_number(std::string_view text) noexcept;

enum class integer_fit { fits, fractional, too_large };

/// The exact value of a number without its sign: `3.0`, `1e2` and `9223372036854775807.0` are integers.
integer_fit magnitude_of(const number_text& number, std::uint64_t& magnitude) noexcept;

/// The value nearest to `number`; false when its magnitude is too large for the type. What is too small is zero.
bool nearest(const number_text& number, double& value) noexcept;
bool nearest(const number_text& number, float& value) noexcept;

/// The integer of `number` as the bits of a 64-bit one, when it is within `least`..`most`. A `least` of 0 is for
/// unsigned types.
enum class range_fit { fits, fractional, outside };
range_fit integer_within(const number_text& number, std::int64_t least, std::uint64_t most,
                         std::uint64_t& bits) noexcept;

}  // namespace mote::json::detail
