#pragma once

#include <string>

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

}  // namespace mote::nats
