#pragma once

#include <mote/nats/detail/wiped_text.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mote::nats::detail {

/// RFC 4648, section 6, without padding.
std::string encode_base32(std::string_view bytes);
/// Nothing for text that `encode_base32` does not write: another alphabet, small letters, padding, a length that cannot be,
/// bits that are left over.
std::optional<wiped_text> decode_base32(std::string_view text);

/// True for text that can be base64url without padding; base64url.hpp writes and reads it.
bool is_base64url(std::string_view text) noexcept;

/// RFC 4648, section 4, with padding; line breaks are passed over. Nothing for anything else.
std::optional<wiped_text> decode_wrapped_base64(std::string_view text);

}  // namespace mote::nats::detail
