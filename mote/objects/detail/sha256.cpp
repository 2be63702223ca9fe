#include <mote/objects/detail/sha256.hpp>

#include <mote/objects/detail/base64url.hpp>

#include <new>
#include <openssl/evp.h>
#include <stdexcept>

namespace mote::objects::detail {
namespace {

constexpr std::string_view algorithm = "SHA-256=";
constexpr std::size_t digest_size = 32;

void check(int result) {
    if (result != 1) throw std::runtime_error("OpenSSL cannot compute a SHA-256 digest");
}

}  // namespace

void sha256::free_context::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

sha256::sha256() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
    check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void sha256::add(std::string_view bytes) { check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size())); }

std::string sha256::finish() {
    std::string digest(digest_size, '\0');
    check(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr));
    return digest;
}

std::string digest_text(std::string_view digest) { return std::string(algorithm) + encode_base64url(digest); }

bool digest_matches(std::string_view text, std::string_view digest) {
    if (!text.starts_with(algorithm)) return false;
    return decode_base64url(text.substr(algorithm.size())) == digest;
}

}  // namespace mote::objects::detail
