#pragma once

#include <string>
#include <string_view>

namespace mote::functions::detail {

/// A text for an error: in quotes, cut at 200 bytes, what is not printable ASCII or UTF-8 as `\xNN`.
std::string quoted(std::string_view text);

}  // namespace mote::functions::detail
