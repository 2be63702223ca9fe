#include <apps/hackernews/input.hpp>

#include <mote/micro/service_error.hpp>

#include <charconv>
#include <cstdint>
#include <optional>

namespace hackernews {
namespace {

constexpr std::size_t longest_quote = 40;

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The number that decimal digits are; the largest there is when it is larger.
std::uint64_t number_of(std::string_view digits) {
    std::uint64_t number = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return result.ec == std::errc() ? number : UINT64_MAX;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string line = "\"";
    for (const char each : text.substr(0, longest_quote)) {
        const auto byte = static_cast<unsigned char>(each);
        if (byte >= 0x20 && byte < 0x7f) {
            if (each == '"' || each == '\\') line += '\\';
            line += each;
        } else {
            line += "\\x";
            line += hex[byte >> 4];
            line += hex[byte & 15];
        }
    }
    if (text.size() > longest_quote) line += "...";
    return line + '"';
}

item_id parse_id(std::string_view text) {
    const std::string_view digits = without_blanks(text);
    const std::uint64_t number = is_digits(digits) ? number_of(digits) : 0;
    if (number == 0)
        throw mote::micro::service_error(400, "invalid id " + in_quotes(text) + ": not a positive integer");
    if (number > static_cast<std::uint64_t>(max_item_id))
        throw mote::micro::service_error(
            400, "invalid id " + in_quotes(text) + ": larger than " + std::to_string(max_item_id));
    return static_cast<item_id>(number);
}

std::size_t parse_count(std::string_view text) {
    const std::string_view digits = without_blanks(text);
    if (digits.empty()) return default_count;
    const std::uint64_t number = is_digits(digits) ? number_of(digits) : 0;
    if (number < 1 || number > max_count)
        throw mote::micro::service_error(
            400, "invalid count " + in_quotes(text) + ": not a number from 1 to " + std::to_string(max_count));
    return static_cast<std::size_t>(number);
}

}  // namespace hackernews
