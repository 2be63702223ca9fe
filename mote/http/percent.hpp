#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mote::http {

/// A part of a URL with its `%xx` read (RFC 3986, 2.1), any bytes; a `+` stays one. Nothing where an escape is broken.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace mote::http
