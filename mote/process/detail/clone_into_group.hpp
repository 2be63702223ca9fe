#pragma once

#include <cstddef>
#include <span>
#include <sys/types.h>

namespace mote::process::detail {

/// As `clone` with CLONE_VM, CLONE_VFORK and CLONE_PIDFD, but the child is born in the control group (version 2) whose directory
/// is open as `group`: to move it there later, the kernel stops all forks and exits of the machine, and waits for that for many
/// milliseconds. `run` must not return. Less than zero where the kernel or this processor cannot do it; then there is no child.
pid_t clone_into_group(int (*run)(void*), void* argument, std::span<std::byte> stack, int group, int& pidfd) noexcept;

}  // namespace mote::process::detail
