#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace mote::objects::detail {

/// A running SHA-256 digest. Move-only.
class sha256 {
public:
    sha256();

    void add(std::string_view bytes);
    /// The 32 bytes of the digest; nothing may be added after.
    std::string finish();

private:
    struct free_context {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

/// The digest as object informations have it: `SHA-256=<base64url>`.
std::string digest_text(std::string_view digest);

/// True when `text` says this digest; the padding may be missing.
bool digest_matches(std::string_view text, std::string_view digest);

}  // namespace mote::objects::detail
