#pragma once

#include <tests/support/pidfd.hpp>
#include <tests/support/unique_fd.hpp>

#include <poll.h>

namespace mote::test {

/// Whether a process ends within a minute.
inline bool ends_soon(const unique_fd& pidfd) {
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    return ::poll(&ended, 1, 60'000) == 1;
}

}  // namespace mote::test
