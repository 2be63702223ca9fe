#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// RFC 4648's standard alphabet with padding.
std::string encode_base64(std::string_view bytes);

/// Nothing for anything that `encode_base64` does not write: other characters, white space, wrong padding, bits left over.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mote::gateway::detail
