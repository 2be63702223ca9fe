#pragma once

#include <mote/nats/options.hpp>

#include <memory>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX
struct ssl_st;      // OpenSSL's SSL

namespace mote::nats::detail {

struct free_tls {
    void operator()(ssl_ctx_st* context) const noexcept;
    void operator()(ssl_st* stream) const noexcept;
};
using tls_context = std::unique_ptr<ssl_ctx_st, free_tls>;
using tls_stream = std::unique_ptr<ssl_st, free_tls>;

/// A context of TLS 1.2 or newer as the options say; reads their files. Throws `errc::bad_credentials` that names the file
/// which is absent, or not what it has to be.
tls_context make_tls_context(const tls_options& opts);

/// A client's stream, which takes only a certificate for `host`, a name or an address, unless the options say otherwise.
tls_stream make_tls_stream(ssl_ctx_st* context, const tls_options& opts, const std::string& host);

}  // namespace mote::nats::detail
