#include <mote/process/detail/launch.hpp>

#include <mote/process/detail/child_side.hpp>
#include <mote/process/detail/clone_into_group.hpp>

#include <cerrno>
#include <csignal>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_THREAD__
// The thread sanitizer takes each `clone` for a fork, after which it looks away from the thread that called it. Here the two share
// their memory, so that would be our own; this is the same function under a name that it does not know.
extern "C" int __clone(int (*run)(void*), void* stack, int flags, void* argument, ...);
#endif

namespace mote::process::detail {
namespace {

#ifdef __SANITIZE_THREAD__
constexpr auto clone_unwatched = &__clone;
#else
constexpr auto clone_unwatched = &::clone;
#endif

constexpr std::size_t stack_size = 64 * 1024;

void reap(pid_t pid) noexcept {
    siginfo_t ignored{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED) < 0 && errno == EINTR) {
    }
}

}  // namespace

std::string_view name_of(launch_step step) noexcept {
    switch (step) {
        case launch_step::clone: return "clone";
        case launch_step::session: return "setsid";
        case launch_step::keyring: return "session keyring";
        case launch_step::control_group: return "control group";
        case launch_step::descriptors: return "descriptors";
        case launch_step::mount: return "mount";
        case launch_step::user: return "setuid";
        case launch_step::parent: return "parent";
        case launch_step::directory: return "chdir";
        case launch_step::limits: return "limits";
        case launch_step::program: return "exec";
    }
    return "unknown step";
}

launched launch(const launch_plan& plan) {
    const auto stack = std::make_unique_for_overwrite<std::byte[]>(stack_size);
    child_side side{.plan = &plan, .parent = ::getpid()};
    // A process that changes its user may no longer be looked at; so says a flag of the memory that we share with it.
    const int dumpable = plan.change_user ? ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) : -1;

    // No handler of ours may run in the child: all signals wait until it has none.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    launched result;
    if (plan.birth_group >= 0) {
        side.in_group = true;
        result.pid = clone_into_group(&run_child, &side, {stack.get(), stack_size}, plan.birth_group, result.pidfd);
        side.in_group = result.pid >= 0;
    }
    if (result.pid < 0)
        result.pid = clone_unwatched(&run_child, stack.get() + stack_size,
                                     CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &side, &result.pidfd);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (dumpable == 1) ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);

    if (result.pid < 0) return {.step = launch_step::clone, .error = error};
    if (side.error == 0) return result;
    reap(result.pid);
    ::close(result.pidfd);
    return {.step = side.step, .error = side.error};
}

}  // namespace mote::process::detail
