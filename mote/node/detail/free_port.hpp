#pragma once

#include <cstdint>

namespace mote::node::detail {

/// A port of 127.0.0.1 that nobody listens on now. Throws `boost::system::system_error`.
std::uint16_t free_port();

}  // namespace mote::node::detail
