#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace mote::nats {

/// Whose key it is: the first letter of the public key, the second of the seed.
enum class nkey_kind { account, cluster, nats_operator, server, user };

/// An Ed25519 signature.
using nkey_signature = std::array<unsigned char, 64>;

/// A key of NATS with its private half, which is wiped from memory when this goes. For logging in it is the authenticators
/// that need it; by itself it signs, and makes new keys. Const members may be called from any thread.
class nkey_pair {
public:
    /// Reads a seed such as `SUA...`. Throws `errc::bad_credentials` that says what is wrong with it and shows nothing of it.
    static nkey_pair from_seed(std::string_view seed);
    static nkey_pair generate(nkey_kind kind);

    nkey_kind kind() const noexcept { return kind_; }
    /// Such as `UA...`; no secret.
    const std::string& public_key() const noexcept { return public_key_; }
    /// The whole secret. Who asks for it has to keep it.
    std::string seed() const;
    nkey_signature sign(std::string_view bytes) const;

private:
    struct free_key {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    using key_handle = std::unique_ptr<evp_pkey_st, free_key>;
    nkey_pair(nkey_kind kind, key_handle key);

    nkey_kind kind_;
    key_handle key_;
    std::string public_key_;
};

/// Nothing for text that is no public key of NATS.
std::optional<nkey_kind> kind_of_public_nkey(std::string_view text);

/// True when `signature` of `bytes` was made with the private half of this public key.
bool verify_nkey_signature(std::string_view public_key, std::string_view bytes, const nkey_signature& signature);

}  // namespace mote::nats
