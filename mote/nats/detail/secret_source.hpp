#pragma once

#include <mote/nats/detail/wiped_text.hpp>

#include <string>
#include <string_view>

namespace mote::nats::detail {

/// Reads a secret, or a certificate, from where it is kept: a path, `file://PATH`, `env://NAME`, or `data:;base64,...` for
/// the bytes themselves. Throws `errc::bad_credentials` that names the place and the reason (an absent, unreadable or too
/// large file, an unset or empty variable, what is not base64), `errc::not_supported` for `op://` and `nsc://`.
wiped_text read_secret(const std::string& source);

/// As `read_secret` for a source with one of those beginnings; other text is the secret itself.
wiped_text read_literal_secret(std::string_view text);

/// Whether a text says where a secret is (one of those beginnings), and is none itself.
bool is_kept_elsewhere(std::string_view text) noexcept;

/// What stands where the name of a file should: a seed of NKeys, whole or most of it, or the contents of a file.
bool is_secret_itself(std::string_view source) noexcept;

/// The source as it may be shown: without what it holds itself.
std::string name_of_source(std::string_view source);

}  // namespace mote::nats::detail
