#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace mote::process {

enum class listener {
    one_of_them,    ///< or one that they share it with
    somebody_else,  ///< or nobody
    unknown,  ///< those whose files may be looked at do not, others' may not; or the kernel does not say who listens
};

/// Whether one of these processes listens on a TCP port, at whatever address, of this process's network namespace. Asks the kernel and
/// reads `/proc`: some 50 microseconds.
listener who_listens(std::uint16_t port, const std::vector<pid_t>& processes);

}  // namespace mote::process
