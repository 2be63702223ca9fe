#include <mote/functions/quantities.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/detail/text.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <charconv>

namespace mote::functions {
namespace {

using wide = unsigned __int128;
constexpr wide bound = wide{1} << 63;

/// mantissa * 10^decimal * 2^binary.
struct quantity {
    wide mantissa = 0;
    int decimal = 0;
    int binary = 0;
};

/// Takes `12`, `1.5` or `.5` from the front; false when there is none, or more than 18 digits that count.
bool take_number(std::string_view& text, quantity& into) {
    bool any = false, point = false;
    for (; !text.empty() && (detail::is_digit(text.front()) || (text.front() == '.' && !point));
         text.remove_prefix(1)) {
        if (text.front() == '.') {
            point = true;
            continue;
        }
        any = true;
        into.mantissa = into.mantissa * 10 + static_cast<unsigned>(text.front() - '0');
        if (into.mantissa >= bound) return false;
        if (point) --into.decimal;
    }
    return any;
}

/// The rest is an exponent or a suffix that the quantity has.
bool take_unit(std::string_view text, bool fractions, quantity& into) {
    if (text.empty()) return true;
    if (text.size() > 1 && (text.front() == 'e' || text.front() == 'E')) {
        text.remove_prefix(text[1] == '+' ? 2 : 1);
        int exponent = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
        if (error != std::errc{} || end != text.data() + text.size() || exponent < -40 || exponent > 40) return false;
        into.decimal += exponent;
        return true;
    }
    if (text == "m" && fractions) {
        into.decimal -= 3;
        return true;
    }
    constexpr std::string_view letters = "kMGTPE";
    const bool binary = text.size() == 2 && text[1] == 'i';
    if ((text.size() != 1 && !binary) || text == "ki") return false;
    const std::size_t power = letters.find(text.front() == 'K' ? 'k' : text.front());
    if (power == std::string_view::npos) return false;
    (binary ? into.binary : into.decimal) += static_cast<int>(power + 1) * (binary ? 10 : 3);
    return true;
}

/// Rounded up; `bound` when it is as much or more.
wide value_of(quantity what) {
    wide value = what.mantissa << what.binary;  // under 2^63 * 2^60
    for (; what.decimal > 0 && value != 0; --what.decimal) {
        if (value >= bound) return bound;
        value *= 10;
    }
    bool rest = false;
    for (; what.decimal < 0 && value != 0; ++what.decimal) {
        rest = rest || value % 10 != 0;
        value /= 10;
    }
    return std::min(bound, value + (rest ? 1 : 0));
}

/// `scale`: by which power of ten what is counted is smaller than what the text counts.
std::uint64_t parse(std::string_view text, bool fractions, int scale, std::string_view wanted) {
    quantity read;
    std::string_view rest = text;
    if (take_number(rest, read) && take_unit(rest, fractions, read)) {
        read.decimal += scale;
        const wide value = value_of(read);
        if (value < bound) return static_cast<std::uint64_t>(value);
    }
    throw_error(errc::bad_setting, detail::quoted(text) + ": expected " + std::string(wanted));
}

}  // namespace

std::uint64_t bytes_of(std::string_view text) { return parse(text, false, 0, "bytes such as 128Mi or 1G"); }
std::uint64_t millicores_of(std::string_view text) { return parse(text, true, 3, "cores such as 250m or 0.5"); }

}  // namespace mote::functions
