#pragma once

#include <cstddef>
#include <string_view>
#include <sys/resource.h>
#include <sys/types.h>

namespace mote::process::detail {

struct resource_limit {
    int resource = 0;
    rlimit value{};
};

/// A file or directory that root makes reachable for the user that it becomes.
struct staged_mount {
    const char* source = nullptr;
    const char* target = nullptr;  // under the plan's stage
    bool directory = false;
};

/// All that the child does between its birth and its exec, ready to be done without a further allocation.
struct launch_plan {
    const char* path = nullptr;
    char* const* argv = nullptr;
    char* const* envp = nullptr;
    const char* directory = nullptr;
    const int* sources = nullptr;  // become 0, 1, 2, ...; all other descriptors are closed
    int* scratch = nullptr;        // as many
    std::size_t source_count = 0;
    const resource_limit* limits = nullptr;
    std::size_t limit_count = 0;
    const int* group_files = nullptr;  // cgroup.procs or tasks, open for writing
    std::size_t group_count = 0;
    const char* keyring = nullptr;  // name of the session keyring to join, or null: ours
    int birth_group = -1;  // directory of the group, where there is one of version 2: then the files may not be needed
    const char* stage = nullptr;  // an empty directory to mount a tmpfs at in a mount namespace of its own, or null
    const staged_mount* mounts = nullptr;
    std::size_t mount_count = 0;
    bool change_user = false;
    unsigned user = 0;  // and group
};

enum class launch_step {
    clone,
    session,
    keyring,
    control_group,
    descriptors,
    mount,
    user,
    parent,
    directory,
    limits,
    program
};
std::string_view name_of(launch_step step) noexcept;

/// A process that runs its program, or the step that failed and its errno; then nothing of it is left.
struct launched {
    pid_t pid = -1;
    int pidfd = -1;  // close-on-exec; the caller's
    launch_step step = launch_step::clone;
    int error = 0;
};

/// The child shares our memory until its exec, and this thread waits for that (as vfork and posix_spawn do): the cost does
/// not grow with our size, and a failure needs no pipe to be told.
launched launch(const launch_plan& plan);

}  // namespace mote::process::detail
