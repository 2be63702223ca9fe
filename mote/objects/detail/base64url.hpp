#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mote::objects::detail {

/// Base64 with the alphabet for URLs and file names (RFC 4648, section 5), padded, as ADR-20 asks.
std::string encode_base64url(std::string_view bytes);

/// The bytes of a text as above; the padding may be missing. Nothing when it is anything else.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace mote::objects::detail
