#include <mote/process/detail/child_side.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Runs in our memory, on a stack that the sanitizers know nothing of: this file is compiled without them. So: plain system
// calls only (glibc's setuid would tell all our threads, its sigaction hides two signals) and no allocation.

namespace mote::process::detail {
namespace {

constexpr int last_signal = 64;

struct kernel_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
};

bool reset_signals() {
    for (int number = 1; number <= last_signal; ++number) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        kernel_sigaction now{};
        if (::syscall(SYS_rt_sigaction, number, nullptr, &now, sizeof now.mask) != 0) continue;
        if (now.handler == SIG_DFL) continue;
        now = {};
        if (::syscall(SYS_rt_sigaction, number, &now, nullptr, sizeof now.mask) != 0) return false;
    }
    return true;
}

bool unblock_signals() {
    const unsigned long none = 0;
    return ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none) == 0;
}

/// Possessor and owner may look and search: not write, read or change this. So what is joined by all sandboxes carries nothing
/// from one to another, and the next one finds it by its name.
constexpr unsigned long search_only = 0x09090000;

bool join_keyring(const char* name) {
    // Where there are none, or a container's filter forbids them, there is none to be read either.
    if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) < 0) return errno == ENOSYS || errno == EPERM;
    ::syscall(SYS_keyctl, KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING, search_only);  // fails where it is done
    return true;
}

bool place_descriptors(const launch_plan& plan) {
    const auto count = static_cast<int>(plan.source_count);
    // First out of the way, as a source may have the number of another's place.
    for (int i = 0; i < count; ++i) {
        plan.scratch[i] = static_cast<int>(::syscall(SYS_fcntl, plan.sources[i], F_DUPFD_CLOEXEC, count));
        if (plan.scratch[i] < 0) return false;
    }
    for (int i = 0; i < count; ++i) {
        if (::syscall(SYS_dup3, plan.scratch[i], i, 0) < 0) return false;
    }
    return ::syscall(SYS_close_range, static_cast<unsigned>(count), ~0U, 0) == 0;
}

bool join_groups(const launch_plan& plan) {
    for (std::size_t i = 0; i < plan.group_count; ++i) {
        if (::syscall(SYS_write, plan.group_files[i], "0\n", 2) != 2) return false;
    }
    return true;
}

bool stage_mounts(const launch_plan& plan) {
    if (::syscall(SYS_unshare, CLONE_NEWNS) != 0) return false;
    if (::syscall(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    if (::syscall(SYS_mount, "tmpfs", plan.stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0) return false;
    for (std::size_t i = 0; i < plan.mount_count; ++i) {
        const staged_mount& one = plan.mounts[i];
        if (one.directory) {
            if (::syscall(SYS_mkdirat, AT_FDCWD, one.target, 0755) != 0) return false;
        } else if (::syscall(SYS_mknodat, AT_FDCWD, one.target, S_IFREG | 0444, 0) != 0) {
            return false;
        }
        if (::syscall(SYS_mount, one.source, one.target, nullptr, MS_BIND | MS_REC, nullptr) != 0) return false;
    }
    return true;
}

bool become_user(unsigned user) {
    return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, user, user, user) == 0 &&
           ::syscall(SYS_setresuid, user, user, user) == 0;
}

// After the change of user, which clears it.
bool die_with(pid_t parent) {
    if (::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    if (::syscall(SYS_getppid) == parent) return true;
    errno = ECHILD;  // it went before we asked to be told
    return false;
}

bool set_limits(const launch_plan& plan) {
    for (std::size_t i = 0; i < plan.limit_count; ++i) {
        const resource_limit& one = plan.limits[i];
        if (::syscall(SYS_prlimit64, 0, one.resource, &one.value, nullptr) != 0) return false;
    }
    return true;
}

int fail(child_side& side) {
    side.error = errno;
    ::syscall(SYS_exit_group, 127);
    return 127;
}

}  // namespace

int run_child(void* argument) {
    child_side& side = *static_cast<child_side*>(argument);
    const launch_plan& plan = *side.plan;
    if (!reset_signals() || ::syscall(SYS_setsid) < 0) return fail(side);
    ::syscall(SYS_umask, 022);
    side.step = launch_step::keyring;
    if (plan.keyring != nullptr && !join_keyring(plan.keyring)) return fail(side);
    side.step = launch_step::control_group;
    if (!side.in_group && !join_groups(plan)) return fail(side);
    side.step = launch_step::descriptors;
    if (!place_descriptors(plan)) return fail(side);
    side.step = launch_step::mount;
    if (plan.stage != nullptr && !stage_mounts(plan)) return fail(side);
    side.step = launch_step::user;
    if (plan.change_user && !become_user(plan.user)) return fail(side);
    side.step = launch_step::parent;
    if (!die_with(side.parent)) return fail(side);
    side.step = launch_step::directory;
    if (plan.directory != nullptr && ::syscall(SYS_chdir, plan.directory) != 0) return fail(side);
    side.step = launch_step::limits;
    if (!set_limits(plan)) return fail(side);
    side.step = launch_step::program;
    if (!unblock_signals()) return fail(side);
    ::syscall(SYS_execve, plan.path, plan.argv, plan.envp);
    return fail(side);
}

}  // namespace mote::process::detail
