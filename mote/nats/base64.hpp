#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mote::nats {

/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
std::string encode_base64(std::string_view bytes);

/// The bytes of what `encode_base64` writes; nothing for any other text: other characters, white space, wrong padding, bits
/// left over.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mote::nats
