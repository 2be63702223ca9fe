#pragma once

#include <mote/testing/detail/unique_fd.hpp>

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace mote::testing::detail {

/// A descriptor (close-on-exec) that becomes readable when the process ends; none, and errno, when there is no such process.
inline unique_fd open_pidfd(pid_t pid) {
    // Not glibc's function: its header in Debian 12 lacks extern "C".
    return unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace mote::testing::detail
