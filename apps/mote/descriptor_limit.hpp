#pragma once

namespace mote::command {

/// Lets this process have as many open files as a gateway with all its connections, or a node with its functions, needs, as
/// far as the hard limit allows: with the 1,024 of a shell so many slow clients would keep all others out.
void raise_descriptor_limit() noexcept;

}  // namespace mote::command
