#pragma once

#include <cstddef>

namespace mote::command {

/// Lets this process have as many open files as a gateway with all its connections, or a node with its functions, needs, as
/// far as the hard limit allows: with the 1,024 of a shell so many slow clients would keep all others out. `connections`: of
/// clients that there may be.
void raise_descriptor_limit(std::size_t connections = 0) noexcept;

}  // namespace mote::command
