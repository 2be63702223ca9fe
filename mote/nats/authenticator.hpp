#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mote::nats {

/// What the server asks of a client that connects.
struct challenge {
    std::string nonce{};    ///< to be signed; empty when the server wants no signature
    bool required = false;  ///< the server refuses clients without credentials
};

/// What goes into CONNECT. Empty members are left out.
struct credentials {
    std::string user{};
    std::string password{};
    std::string token{};
    std::string jwt{};
    std::string nkey{};
    std::string signature{};
};

/// Supplies the credentials at every connect and reconnect, so that rotated secrets are picked up.
/// Called on the connection's executor. May throw, which fails that attempt only; the text of the exception is shown as
/// the reason, so it must hold no secret.
class authenticator {
public:
    virtual ~authenticator() = default;
    virtual credentials authenticate(const challenge& asked) = 0;
};

// Those that the library has. A `source` is a path, `file://PATH`, `env://NAME` or `data:;base64,...`; it is read at every
// connect, and what is secret in it is wiped when the nonce is signed. What cannot be used fails that attempt with
// `errc::bad_credentials`, which names the source.

/// Logs in with an NKey, the seed of a user (`SU...`), from a file that holds it.
std::shared_ptr<authenticator> nkey_authenticator(std::string source);
/// Logs in with a credentials file: the JWT of a user, and the seed that it is for.
std::shared_ptr<authenticator> credentials_file_authenticator(std::string source);

/// Gives the signature of a nonce, the 64 bytes themselves, for keys that this process must not see. May throw.
using nonce_signer = std::function<std::string(std::string_view nonce)>;

/// Logs in with the NKey of which this is the public half (`U...`).
std::shared_ptr<authenticator> nkey_authenticator(std::string public_key, nonce_signer sign);
/// Logs in with the JWT that `jwt` gives, asked at every connect, and what `sign` makes of the nonce; without `sign` with the
/// JWT alone, which is then a bearer token.
std::shared_ptr<authenticator> user_jwt_authenticator(std::function<std::string()> jwt, nonce_signer sign);

}  // namespace mote::nats
