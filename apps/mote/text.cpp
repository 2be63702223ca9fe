#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <optional>

namespace mote::command {
namespace {

struct character {
    char32_t code = 0;
    std::size_t size = 1;
};

/// The first character of a text that is not empty; nothing when it is no UTF-8.
std::optional<character> first_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return character{lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return std::nullopt;
    char32_t code = lead & (0x7fU >> size);
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xc0U) != 0x80U) return std::nullopt;
        code = (code << 6U) | (byte(at) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < least[size] || code > 0x10ffff || surrogate) return std::nullopt;
    return character{code, size};
}

bool is_control(char32_t code) noexcept {
    const bool turns_direction = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || turns_direction;
}

std::string escaped(char32_t code) {
    if (code == U'\n') return "\\n";
    if (code == U'\t') return "\\t";
    if (code == U'\r') return "\\r";
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), code < 0x80 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
    return text.data();
}

std::size_t columns_of(char32_t code) {
    // wcwidth knows nothing but ASCII in the "C" locale, which a program starts with.
    static const bool known = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
    if (!known || code < 0x80) return 1;
    const int columns = ::wcwidth(static_cast<wchar_t>(code));
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

/// A number with three digits that count, without trailing zeros: `1.25`, `12.3`, `680`.
std::string three_digits(double number) {
    std::array<char, 32> text{};
    const int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
    std::string result(text.data(),
                       static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.*f", decimals, number)));
    if (decimals != 0) {
        result.erase(result.find_last_not_of('0') + 1);
        if (result.ends_with('.')) result.pop_back();
    }
    return result;
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto next = first_character(text);
        if (!next) {
            std::array<char, 8> byte{};
            std::snprintf(byte.data(), byte.size(), "\\x%02x",
                          static_cast<unsigned>(static_cast<unsigned char>(text[0])));
            result += byte.data();
        } else if (is_control(next->code)) {
            result += escaped(next->code);
        } else {
            result += text.substr(0, next->size);
        }
        text.remove_prefix(next ? next->size : 1);
    }
    return result;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto next = first_character(text);
        if (!next) return false;
        text.remove_prefix(next->size);
    }
    return true;
}

std::size_t utf8_character_size(std::string_view text) noexcept {
    const auto first = first_character(text);
    return first ? first->size : 0;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto next = first_character(text).value_or(character{});
        width += columns_of(next.code);
        text.remove_prefix(next.size);
    }
    return width;
}

std::string shortened(std::string_view text, std::size_t width, std::string_view ellipsis) {
    if (display_width(text) <= width) return std::string(text);
    const std::size_t end_width = display_width(ellipsis);
    if (width < end_width) ellipsis = {};
    const std::size_t room = width - (width < end_width ? 0 : end_width);
    std::size_t kept = 0;
    for (std::size_t used = 0; kept < text.size();) {
        const auto next = first_character(text.substr(kept)).value_or(character{});
        used += columns_of(next.code);
        if (used > room) break;
        kept += next.size;
    }
    return std::string(text.substr(0, kept)).append(ellipsis);
}

std::string readable(std::chrono::nanoseconds duration) {
    const auto count = static_cast<double>(duration.count());
    if (duration == std::chrono::nanoseconds::min()) duration += std::chrono::nanoseconds(1);  // it has no opposite
    if (count < 0) return "-" + readable(-duration);
    if (count < 1e3) return std::to_string(duration.count()) + "ns";
    if (count < 999.5e3) return three_digits(count / 1e3) + "µs";
    if (count < 999.5e6) return three_digits(count / 1e6) + "ms";
    if (count < 59.95e9) return three_digits(count / 1e9) + "s";
    const auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
    if (seconds < 3600) return std::to_string(seconds / 60) + "m" + std::to_string(seconds % 60) + "s";
    return std::to_string(seconds / 3600) + "h" + std::to_string(seconds % 3600 / 60) + "m";
}

std::string counted(std::size_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace mote::command
