#include <mote/gateway/detail/digest.hpp>

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace mote::gateway::detail {

digest digest_of(std::string_view secret) {
    digest made{};
    SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), made.data());
    return made;
}

bool same(const digest& a, const digest& b) noexcept { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace mote::gateway::detail
