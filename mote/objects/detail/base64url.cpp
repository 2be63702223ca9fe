#include <mote/objects/detail/base64url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mote::objects::detail {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t bytes_a_group = 3;
constexpr std::size_t digits_a_group = 4;

}  // namespace

std::string encode_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + bytes_a_group - 1) / bytes_a_group * digits_a_group);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), bytes_a_group))) {
        const auto group = bytes.substr(0, bytes_a_group);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < bytes_a_group; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        for (std::size_t i = 0; i < digits_a_group; ++i)
            text += i <= group.size() ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    auto digits = text;
    while (!digits.empty() && digits.back() == '=') digits.remove_suffix(1);
    const auto padding = text.size() - digits.size();
    if (padding > 0 && (padding > 2 || text.size() % digits_a_group != 0)) return std::nullopt;
    if (digits.size() % digits_a_group == 1) return std::nullopt;

    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;  // of bits that are not yet a byte
    for (const char digit : digits) {
        const auto value = alphabet.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xff);
        bits &= (1U << count) - 1;
    }
    if (bits != 0) return std::nullopt;  // digits that say more than the bytes: another text of the same bytes
    return bytes;
}

}  // namespace mote::objects::detail
