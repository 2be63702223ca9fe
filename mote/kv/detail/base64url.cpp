#include <mote/kv/detail/base64url.hpp>

#include <cstdint>

namespace mote::kv::detail {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned bits_a_digit = 6;
constexpr unsigned bits_a_byte = 8;

}  // namespace

std::string encode_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * bits_a_byte + bits_a_digit - 1) / bits_a_digit);
    std::uint32_t bits = 0;
    unsigned count = 0;  // of bits that are not yet a digit
    for (const char byte : bytes) {
        bits = bits << bits_a_byte | static_cast<unsigned char>(byte);
        for (count += bits_a_byte; count >= bits_a_digit;) text += alphabet[bits >> (count -= bits_a_digit) & 63U];
        bits &= (1U << count) - 1;
    }
    if (count > 0) text += alphabet[bits << (bits_a_digit - count) & 63U];
    return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * bits_a_digit / bits_a_byte);
    std::uint32_t bits = 0;
    unsigned count = 0;  // of bits that are not yet a byte
    for (const char digit : text) {
        const auto value = alphabet.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << bits_a_digit | static_cast<std::uint32_t>(value);
        count += bits_a_digit;
        if (count < bits_a_byte) continue;
        count -= bits_a_byte;
        bytes += static_cast<char>(bits >> count & 0xffU);
        bits &= (1U << count) - 1;
    }
    if (bits != 0 || count >= bits_a_digit) return std::nullopt;  // bits or a digit that no byte needs
    return bytes;
}

}  // namespace mote::kv::detail
