#include <mote/objects/detail/base64url.hpp>

#include <mote/nats/base64url.hpp>

#include <cstddef>

namespace mote::objects::detail {
namespace {

constexpr std::size_t digits_a_group = 4;

}  // namespace

std::string encode_base64url(std::string_view bytes) {
    auto text = nats::encode_base64url(bytes);
    while (text.size() % digits_a_group != 0) text += '=';
    return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    auto digits = text;
    while (!digits.empty() && digits.back() == '=') digits.remove_suffix(1);
    const auto padding = text.size() - digits.size();
    if (padding > 0 && (padding > 2 || text.size() % digits_a_group != 0)) return std::nullopt;
    return nats::decode_base64url(digits);
}

}  // namespace mote::objects::detail
