#pragma once

#include <mote/nats/detail/transport.hpp>
#include <mote/nats/options.hpp>

#include <memory>
#include <string>

namespace mote::nats::detail {

/// TLS over a transport that is connected. Its `connect` is the handshake: the certificate has to be for the host given there.
/// It throws `errc::bad_certificate` or `errc::tls_failed`, and so do reads later.
/// Bytes count as taken when their record has left for the plain transport, so no more can be lost than without TLS.
/// Throws as `make_tls_context`.
std::unique_ptr<transport> make_tls_transport(const boost::asio::any_io_executor& executor,
                                              std::shared_ptr<transport> plain, const tls_options& opts);

}  // namespace mote::nats::detail
