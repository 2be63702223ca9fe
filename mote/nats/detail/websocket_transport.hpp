#pragma once

#include <mote/nats/detail/transport.hpp>
#include <mote/nats/options.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mote::nats::detail {

struct websocket_tls {
    tls_options options;
    std::string name;  ///< whom the certificate has to be for
};

/// What a WebSocket needs to know beside host and port.
struct websocket_target {
    std::string host_field;  ///< what the HTTP request names as its host
    std::string path;        ///< begins with a slash
    std::optional<websocket_tls> tls;
    websocket_options options;
};

/// A WebSocket (RFC 6455) over a transport that is not connected. Its `connect` connects that, does TLS where the target says
/// so, and the HTTP upgrade; it throws what these throw, and `errc::connect_failed` for a server that does not upgrade.
///
/// Bytes leave in binary frames of 32 KiB at most, and come back as the payload of whatever frames they came in. They count as
/// taken when they are in a frame: one frame, and answers to pings of another 32 KiB, may wait for the transport below.
/// A read throws `asio::error::eof` after a close frame, with its code and reason as text, and `errc::protocol_error` for what
/// is no WebSocket.
std::shared_ptr<transport> make_websocket_transport(const boost::asio::any_io_executor& executor,
                                                    std::shared_ptr<transport> plain, websocket_target target);

}  // namespace mote::nats::detail
