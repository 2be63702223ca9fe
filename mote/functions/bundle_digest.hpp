#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace mote::functions {

/// What a bundle's bytes are named by: the SHA-256 of its archive as `pack` writes it.
struct bundle_digest {
    std::string hex{};  ///< 64 of 0 to 9 and a to f

    /// `sha256:<64 hex digits>`, or the digits alone; lower case only. Throws `errc::bad_name` with the text.
    static bundle_digest parse(std::string_view text);

    std::string text() const { return "sha256:" + hex; }

    friend auto operator<=>(const bundle_digest&, const bundle_digest&) = default;
};

}  // namespace mote::functions
