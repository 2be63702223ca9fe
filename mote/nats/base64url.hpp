#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mote::nats {

/// Base64 with the alphabet for URLs and file names (RFC 4648, section 5), without padding.
std::string encode_base64url(std::string_view bytes);

/// The bytes of what `encode_base64url` writes; nothing for any other text, so that no two texts are the same bytes.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace mote::nats
