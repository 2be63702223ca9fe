#pragma once

#include <string>
#include <string_view>

namespace mote::nats::detail {

/// What a credentials file holds. Views into its text.
struct credentials_file {
    std::string_view jwt;
    std::string_view seed;
};

/// Reads the text of a credentials file: one block `-----BEGIN NATS USER JWT-----` and one `-----BEGIN USER NKEY SEED-----`, each
/// of one line; what stands between is passed over. Throws `errc::bad_credentials` that begins with `name` and shows nothing of
/// the text. Whether the seed is one shows when it is used.
credentials_file parse_credentials(std::string_view name, std::string_view text);

/// The seed in a file that holds one: in such a block, or as its first line that is neither empty nor a comment (`#`).
std::string_view seed_in(std::string_view name, std::string_view text);

/// Throws `errc::bad_credentials` for text that cannot be a JWT: three parts of base64url with dots between.
void check_jwt(std::string_view name, std::string_view text);

/// The text without blanks and line ends around it.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace mote::nats::detail
