#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::command {

/// Where a command listens for HTTP.
struct listen_address {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: a free one
};

/// `127.0.0.1:8080`, `[::1]:8080`, `:8080` and `8080` (both 127.0.0.1). Nothing for what is no numeric address with a port.
std::optional<listen_address> parse_listen_address(std::string_view text);
/// Where a server that listens there is found, when it got `port`.
std::string url_of(const listen_address& listen, std::uint16_t port);

}  // namespace mote::command
