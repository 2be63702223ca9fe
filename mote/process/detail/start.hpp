#pragma once

#include <mote/process/command.hpp>
#include <mote/process/detail/descriptor.hpp>

#include <array>
#include <sys/types.h>

namespace mote::process::detail {

/// A process that runs its program.
struct started {
    pid_t pid = -1;
    descriptor pidfd;
};

/// Starts what the command says with these for stdin, stdout and stderr, whatever the command says of them. Throws as
/// `child::start`.
started start_process(const command& what, std::array<int, 3> streams);

/// Throws `errc::bad_command` when the command cannot be one.
void check_command(const command& what);

/// /dev/null, for reading and writing; open for as long as this process lives.
int null_device();

}  // namespace mote::process::detail
