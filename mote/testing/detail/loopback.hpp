#pragma once

#include <mote/testing/detail/unique_fd.hpp>

#include <cstdint>

namespace mote::testing::detail {

/// A TCP port on 127.0.0.1 that nobody listens on now; another process may take it before the caller does. It lies outside
/// the system's range for outgoing connections: a client that keeps trying to reconnect to a dead server inside that range
/// sooner or later connects to itself, and the server cannot come back.
std::uint16_t free_port();

/// A non-blocking listener on 127.0.0.1; port 0 lets the system choose. Throws `std::system_error`.
unique_fd listen_loopback(std::uint16_t port);

/// A blocking connection to 127.0.0.1. Throws `std::system_error` when it is refused or takes longer than 10 s.
unique_fd connect_loopback(std::uint16_t port);

/// The port that a bound socket has on this side.
std::uint16_t local_port(int fd);

/// True when somebody listens on this port of 127.0.0.1.
bool accepts_connections(std::uint16_t port);

}  // namespace mote::testing::detail
