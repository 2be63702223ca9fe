#pragma once

#include <cstdint>

namespace mote::command {

/// 0 when somebody may listen at 127.0.0.1:`port` now, else the `errno` that says why not. Another process may be quicker.
int try_to_listen(std::uint16_t port);

}  // namespace mote::command
