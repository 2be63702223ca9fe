#include <mote/gateway/detail/base64.hpp>

#include <openssl/evp.h>

namespace mote::gateway::detail {
namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* room_of(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string encode_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '\0');  // OpenSSL writes one more zero, where the string has its own
    EVP_EncodeBlock(room_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.empty()) return std::string();
    std::string bytes(text.size() / 4 * 3, '\0');
    if (EVP_DecodeBlock(room_of(bytes), bytes_of(text), static_cast<int>(text.size())) < 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.erase(bytes.size() - padding);
    // OpenSSL passes over white space at both ends and bits that are left over.
    if (encode_base64(bytes) != text) return std::nullopt;
    return bytes;
}

}  // namespace mote::gateway::detail
