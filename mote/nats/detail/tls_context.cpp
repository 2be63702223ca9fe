#include <mote/nats/detail/tls_context.hpp>

#include <mote/nats/detail/secret_source.hpp>
#include <mote/nats/detail/server_pool.hpp>
#include <mote/nats/error.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace mote::nats::detail {
namespace {

template <auto Free>
struct free_with {
    template <class Handle>
    void operator()(Handle* handle) const noexcept {
        Free(handle);
    }
};
using bio_handle = std::unique_ptr<BIO, free_with<BIO_free_all>>;
using certificate_handle = std::unique_ptr<X509, free_with<X509_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, free_with<EVP_PKEY_free>>;

[[noreturn]] void refuse_certificate(const std::string& source, std::string_view why) {
    ERR_clear_error();
    throw_error(errc::bad_credentials, name_of_source(source) + ": " + std::string(why));
}

void check(long result) {
    if (result == 1) return;
    ERR_clear_error();
    throw std::runtime_error("OpenSSL cannot be set up for TLS");
}

/// No key is asked for at a terminal.
int no_passphrase(char* /*into*/, int /*room*/, int /*writing*/, void* /*data*/) { return -1; }

bio_handle open_pem(const wiped_text& text) {
    bio_handle opened(BIO_new_mem_buf(text.view().data(), static_cast<int>(text.size())));
    if (opened == nullptr) throw std::bad_alloc();
    return opened;
}

certificate_handle next_certificate(BIO* pem) {
    return certificate_handle(PEM_read_bio_X509(pem, nullptr, no_passphrase, nullptr));
}

void trust(SSL_CTX* context, const std::string& source) {
    const auto text = read_secret(source);
    const auto pem = open_pem(text);
    auto* const store = SSL_CTX_get_cert_store(context);
    std::size_t count = 0;
    while (const auto certificate = next_certificate(pem.get())) {
        check(X509_STORE_add_cert(store, certificate.get()));
        ++count;
    }
    if (count == 0) refuse_certificate(source, "there is no certificate in it");
    ERR_clear_error();  // of the end
    // What is in the file is trusted, and need not be signed by itself.
    check(X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN));
}

/// The first certificate is ours, those behind it lead to its authority.
void use_certificate(SSL_CTX* context, const std::string& source) {
    const auto text = read_secret(source);
    const auto pem = open_pem(text);
    const auto own = next_certificate(pem.get());
    if (own == nullptr) refuse_certificate(source, "there is no certificate in it");
    if (SSL_CTX_use_certificate(context, own.get()) != 1) refuse_certificate(source, "the certificate cannot be used");
    while (auto next = next_certificate(pem.get())) {
        check(SSL_CTX_add0_chain_cert(context, next.get()));
        static_cast<void>(next.release());  // it is the context's now
    }
    ERR_clear_error();
}

void use_key(SSL_CTX* context, const std::string& source) {
    const auto text = read_secret(source);
    const auto pem = open_pem(text);
    const key_handle key(PEM_read_bio_PrivateKey(pem.get(), nullptr, no_passphrase, nullptr));
    if (key == nullptr) refuse_certificate(source, "there is no key in it that can be read without a passphrase");
    // It also looks whether the key fits to the certificate.
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
        refuse_certificate(source, "the key is not that of the certificate");
}

}  // namespace

void free_tls::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }
void free_tls::operator()(ssl_st* stream) const noexcept { SSL_free(stream); }

tls_context make_tls_context(const tls_options& opts) {
    if (opts.certificate.empty() != opts.key.empty())
        throw_error(errc::bad_credentials, "TLS: a certificate and its key belong together, and one is missing");
    tls_context made(SSL_CTX_new(TLS_client_method()));
    auto* const context = made.get();
    if (context == nullptr) throw std::bad_alloc();
    check(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION));
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // A write ends with each record, and goes on with the same bytes from wherever they lie then.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, opts.insecure_accept_any_certificate ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    if (opts.ca.empty())
        check(SSL_CTX_set_default_verify_paths(context));
    else
        trust(context, opts.ca);
    if (!opts.certificate.empty()) {
        use_certificate(context, opts.certificate);
        use_key(context, opts.key);
    }
    return made;
}

tls_stream make_tls_stream(ssl_ctx_st* context, const tls_options& opts, const std::string& host) {
    tls_stream made(SSL_new(context));
    if (made == nullptr) throw std::bad_alloc();
    SSL_set_connect_state(made.get());
    const bool is_address = is_ip_address(host);  // those are not told to the server as its name
    if (!is_address) check(SSL_set_tlsext_host_name(made.get(), host.c_str()));
    if (opts.insecure_accept_any_certificate) return made;
    auto* const wanted = SSL_get0_param(made.get());
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    check(is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())
                     : X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()));
    return made;
}

}  // namespace mote::nats::detail
