#pragma once

#include <mote/functions/bundle_digest.hpp>

#include <memory>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace mote::functions::detail {

/// The running digest of a bundle's archive. Move-only.
class content_hash {
public:
    content_hash();

    void add(std::string_view bytes);
    /// Nothing may be added after.
    bundle_digest finish();

private:
    struct free_context {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

}  // namespace mote::functions::detail
