#include <mote/nats/base64.hpp>
#include <mote/nats/base64url.hpp>
#include <mote/nats/detail/base_encoding.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace mote::nats::detail {
namespace {

constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t no_digit = 0xff;
using digit_table = std::array<std::uint8_t, 256>;

constexpr digit_table digits_of(std::string_view letters) {
    digit_table table{};
    table.fill(no_digit);
    std::uint8_t digit = 0;
    for (const char letter : letters) table[static_cast<unsigned char>(letter)] = digit++;
    return table;
}

constexpr digit_table base32_digits = digits_of(base32_letters);
constexpr digit_table base64_digits = digits_of(base64_letters);
constexpr digit_table base64url_digits = digits_of(base64url_letters);

std::string encode(std::string_view bytes, std::string_view letters, unsigned bits_a_letter) {
    std::string text;
    text.reserve((bytes.size() * 8 + bits_a_letter - 1) / bits_a_letter);
    const std::uint32_t mask = (1U << bits_a_letter) - 1;
    std::uint32_t waiting = 0;  // bits that are not written yet are the last ones
    unsigned count = 0;
    for (const char byte : bytes) {
        waiting = waiting << 8 | static_cast<unsigned char>(byte);
        for (count += 8; count >= bits_a_letter; count -= bits_a_letter)
            text += letters[waiting >> (count - bits_a_letter) & mask];
    }
    if (count != 0) text += letters[waiting << (bits_a_letter - count) & mask];
    return text;
}

std::optional<wiped_text> decode(std::string_view text, const digit_table& digits, unsigned bits_a_letter) {
    // More letters than the bytes need are as wrong as bits that are left over.
    if (text.size() * bits_a_letter % 8 >= bits_a_letter) return std::nullopt;
    wiped_text bytes(text.size() * bits_a_letter / 8);
    char* end = bytes.data();
    std::uint32_t waiting = 0;
    unsigned count = 0;
    for (const char letter : text) {
        const auto digit = digits[static_cast<unsigned char>(letter)];
        if (digit == no_digit) return std::nullopt;
        waiting = waiting << bits_a_letter | digit;
        count += bits_a_letter;
        if (count < 8) continue;
        count -= 8;
        *end++ = static_cast<char>(waiting >> count & 0xff);
    }
    if ((waiting & ((1U << count) - 1)) != 0) return std::nullopt;
    return bytes;
}

/// With padding to whole groups of four letters.
std::optional<wiped_text> decode_padded(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    return decode(text, base64_digits, 6);
}

}  // namespace

std::string encode_base32(std::string_view bytes) { return encode(bytes, base32_letters, 5); }

std::optional<wiped_text> decode_base32(std::string_view text) { return decode(text, base32_digits, 5); }

bool is_base64url(std::string_view text) noexcept {
    return text.size() * 6 % 8 < 6 && std::all_of(text.begin(), text.end(), [](char letter) {
               return base64url_digits[static_cast<unsigned char>(letter)] != no_digit;
           });
}

std::optional<wiped_text> decode_wrapped_base64(std::string_view text) {
    wiped_text letters(text.size());
    char* const end =
        std::copy_if(text.begin(), text.end(), letters.data(), [](char c) { return c != '\r' && c != '\n'; });
    return decode_padded({letters.data(), static_cast<std::size_t>(end - letters.data())});
}

}  // namespace mote::nats::detail

namespace mote::nats {

std::string encode_base64(std::string_view bytes) {
    auto text = detail::encode(bytes, detail::base64_letters, 6);
    while (text.size() % 4 != 0) text += '=';
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
    const auto bytes = detail::decode_padded(text);
    if (!bytes) return std::nullopt;
    return std::string(bytes->view());
}

std::string encode_base64url(std::string_view bytes) { return detail::encode(bytes, detail::base64url_letters, 6); }

std::optional<std::string> decode_base64url(std::string_view text) {
    const auto bytes = detail::decode(text, detail::base64url_digits, 6);
    if (!bytes) return std::nullopt;
    return std::string(bytes->view());
}

}  // namespace mote::nats
