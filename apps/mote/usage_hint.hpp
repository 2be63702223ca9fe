#pragma once

#include <apps/mote/gateway_server.hpp>
#include <apps/mote/local_server.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mote::command {

/// What runs here and where its data is, in lines for a person; also when another port than `wanted` had to be taken.
std::string greeting(const local_server& server, const std::string& version, std::uint16_t wanted);

/// These arguments of `mote`, each as a line to copy that asks this server: with its address where that is not asked anyway.
std::string lines_to_copy(const local_server& server, const std::vector<std::string>& arguments);
/// The same for commands that ask a gateway.
std::string lines_to_copy(const gateway_server& gateway, const std::vector<std::string>& arguments);

}  // namespace mote::command
