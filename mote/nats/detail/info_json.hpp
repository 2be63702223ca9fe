#pragma once

#include <mote/nats/authenticator.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/options.hpp>

#include <string>
#include <string_view>

namespace mote::nats::detail {

/// The server's INFO. Unknown members are ignored, missing ones keep their defaults. Throws `errc::protocol_error`.
server_info parse_info(std::string_view json);

/// What CONNECT says of this client; `secured`: over TLS.
std::string connect_json(const options& opts, const credentials& login, const server_info& info, bool secured = false);

}  // namespace mote::nats::detail
