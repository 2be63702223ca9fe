#include <mote/json/detail/number.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mote::json::detail {
namespace {

constexpr std::int64_t largest_exponent = 1'000'000'000'000;

bool is_digit(char each) noexcept { return each >= '0' && each <= '9'; }

std::string_view take_digits(std::string_view& rest) noexcept {
    std::size_t count = 0;
    while (count < rest.size() && is_digit(rest[count])) ++count;
    const std::string_view digits = rest.substr(0, count);
    rest.remove_prefix(count);
    return digits;
}

bool take(std::string_view& rest, char wanted) noexcept {
    if (rest.empty() || rest.front() != wanted) return false;
    rest.remove_prefix(1);
    return true;
}

/// Of the value `0.DIGITS * 10^point`, without leading and trailing zeros.
struct scientific {
    std::string_view whole, fraction;
    std::int64_t point = 0;

    std::size_t digits() const noexcept { return whole.size() + fraction.size(); }
};

scientific scientific_of(const number_text& number) noexcept {
    scientific found{number.whole, number.fraction, number.exponent};
    if (found.whole == "0") found.whole = {};
    found.point += static_cast<std::int64_t>(found.whole.size());
    if (found.whole.empty()) {
        const std::size_t zeros = std::min(found.fraction.find_first_not_of('0'), found.fraction.size());
        found.fraction.remove_prefix(zeros);
        found.point -= static_cast<std::int64_t>(zeros);
    }
    while (!found.fraction.empty() && found.fraction.back() == '0') found.fraction.remove_suffix(1);
    if (found.fraction.empty())
        while (!found.whole.empty() && found.whole.back() == '0') found.whole.remove_suffix(1);
    return found;
}

template <class Floating>
bool nearest_of(const number_text& number, Floating& value) noexcept {
    const auto [end, error] = std::from_chars(number.all.data(), number.all.data() + number.all.size(), value);
    if (error == std::errc()) return std::isfinite(value);
    if (scientific_of(number).point > 0) return false;
    value = number.negative ? -Floating(0) : Floating(0);
    return true;
}

}  // namespace

std::optional<number_text> scan_number(std::string_view text) noexcept {
    number_text found;
    std::string_view rest = text;
    found.negative = take(rest, '-');
    found.whole = take_digits(rest);
    if (found.whole.empty()) return std::nullopt;
    if (found.whole.front() == '0' && found.whole.size() > 1) return std::nullopt;
    if (take(rest, '.')) {
        found.integer = false;
        found.fraction = take_digits(rest);
        if (found.fraction.empty()) return std::nullopt;
    }
    if (take(rest, 'e') || take(rest, 'E')) {
        found.integer = false;
        const bool negative = take(rest, '-');
        if (!negative) take(rest, '+');
        const std::string_view digits = take_digits(rest);
        if (digits.empty()) return std::nullopt;
        for (const char digit : digits)
            found.exponent = std::min(found.exponent * 10 + (digit - '0'), largest_exponent);
        if (negative) found.exponent = -found.exponent;
    }
    found.all = text.substr(0, text.size() - rest.size());
    return found;
}

integer_fit magnitude_of(const number_text& number, std::uint64_t& magnitude) noexcept {
    magnitude = 0;
    if (number.integer && number.whole.size() < 20) {  // nearly all: fewer digits than 2^64 has
        for (const char digit : number.whole) magnitude = magnitude * 10 + static_cast<unsigned>(digit - '0');
        return integer_fit::fits;
    }
    const scientific parts = scientific_of(number);
    if (parts.digits() == 0) return integer_fit::fits;
    if (parts.point < static_cast<std::int64_t>(parts.digits())) return integer_fit::fractional;
    if (parts.point > 20) return integer_fit::too_large;
    const auto shift_in = [&](unsigned digit) {
        return !__builtin_mul_overflow(magnitude, std::uint64_t{10}, &magnitude) &&
               !__builtin_add_overflow(magnitude, std::uint64_t{digit}, &magnitude);
    };
    for (const std::string_view digits : {parts.whole, parts.fraction})
        for (const char digit : digits)
            if (!shift_in(static_cast<unsigned>(digit - '0'))) return integer_fit::too_large;
    for (auto left = parts.point - static_cast<std::int64_t>(parts.digits()); left > 0; --left)
        if (!shift_in(0)) return integer_fit::too_large;
    return integer_fit::fits;
}

bool nearest(const number_text& number, double& value) noexcept { return nearest_of(number, value); }
bool nearest(const number_text& number, float& value) noexcept { return nearest_of(number, value); }

range_fit integer_within(const number_text& number, std::int64_t least, std::uint64_t most,
                         std::uint64_t& bits) noexcept {
    std::uint64_t magnitude = 0;
    const integer_fit fit = magnitude_of(number, magnitude);
    if (fit == integer_fit::fractional) return range_fit::fractional;
    if (fit == integer_fit::too_large) return range_fit::outside;
    if (number.negative) {
        const auto lowest = std::uint64_t{0} - static_cast<std::uint64_t>(least);
        if (magnitude > lowest) return range_fit::outside;
        bits = std::uint64_t{0} - magnitude;
    } else {
        if (magnitude > most) return range_fit::outside;
        bits = magnitude;
    }
    return range_fit::fits;
}

}  // namespace mote::json::detail
