#pragma once

#include <mote/micro/info.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {

/// The services with what they say of themselves and, where they answer within a second, their statistics: a JSON object
/// with the member `services`, of which each has the members of ADR-32's INFO and STATS.
boost::asio::awaitable<std::string> listing(nats::connection connection, std::vector<micro::service_info> services);

/// Whether this is JetStream's word that a message is kept.
bool says_kept(std::string_view acknowledgement);

}  // namespace mote::gateway::detail
