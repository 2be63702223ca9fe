#include <mote/functions/detail/content_hash.hpp>

#include <array>
#include <new>
#include <openssl/evp.h>
#include <stdexcept>

namespace mote::functions::detail {
namespace {

void check(int result) {
    if (result != 1) throw std::runtime_error("OpenSSL cannot compute a SHA-256 digest");
}

}  // namespace

void content_hash::free_context::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

content_hash::content_hash() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
    check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void content_hash::add(std::string_view bytes) { check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

bundle_digest content_hash::finish() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, 32> bytes{};
    check(EVP_DigestFinal_ex(context_.get(), bytes.data(), nullptr));
    bundle_digest digest;
    for (const auto byte : bytes) digest.hex.append({digits[byte >> 4U], digits[byte & 15U]});
    return digest;
}

}  // namespace mote::functions::detail
