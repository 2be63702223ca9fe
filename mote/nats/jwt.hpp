#pragma once

#include <mote/nats/nkeys.hpp>

#include <string>
#include <string_view>

namespace mote::nats {

/// A JWT of NATS, version 2, that is good from now on: `issuer` says of `subject`, a public key, what the JSON object `claims`
/// has (the part named "nats": type, limits, permissions). `name` is for people. Throws `std::invalid_argument` when `claims` is
/// no object.
std::string sign_jwt(const nkey_pair& issuer, std::string_view subject, std::string_view name, std::string_view claims);

/// The text of a credentials file, which is a secret: a user's JWT, and the key that shows who has it.
std::string credentials_text(std::string_view jwt, const nkey_pair& user);

}  // namespace mote::nats
