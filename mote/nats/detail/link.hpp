#pragma once

#include <mote/nats/detail/server_pool.hpp>
#include <mote/nats/detail/transport.hpp>
#include <mote/nats/options.hpp>

#include <memory>
#include <string>

namespace mote::nats::detail {

/// Throws `errc::bad_url` for a proxy that cannot be understood, `errc::bad_header` for a field of the WebSocket's upgrade that
/// cannot be sent. The text shows no login and no value.
void check_link_options(const options& opts);

/// Whom the certificate of a server has to be for.
std::string name_for_tls(const options& opts, const server_address& server);

/// The transport to a server, not connected yet: TCP, or SOCKS5 over it; and over that, for a WebSocket, TLS where `wants_tls`
/// or the scheme says so, and the WebSocket. Its `connect` gets host and port of the server.
std::shared_ptr<transport> make_link(const boost::asio::any_io_executor& executor, const options& opts,
                                     const server_address& server, bool wants_tls);

}  // namespace mote::nats::detail
