#include <mote/process/detail/clone_into_group.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

// glibc has no wrapper for clone3, and a child with a stack of its own cannot return from one written in C++.

namespace mote::process::detail {
namespace {

long clone_and_run([[maybe_unused]] clone_args& how, [[maybe_unused]] int (*run)(void*),
                   [[maybe_unused]] void* argument) noexcept {
#ifdef __x86_64__
    long result = SYS_clone3;
    register int (*child)(void*) asm("r12") = run;  // registers that the system call leaves as they are
    register void* handed asm("r13") = argument;
    asm volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"  // the end of the stack, for debuggers
        "mov %%r13, %%rdi\n\t"
        "call *%%r12\n\t"
        "hlt\n"
        "1:"
        : "+a"(result)
        : "D"(&how), "S"(sizeof how), "r"(child), "r"(handed)
        : "rcx", "r11", "memory", "cc");
    return result;
#else
    return -ENOSYS;
#endif
}

std::uint64_t address_of(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

}  // namespace

pid_t clone_into_group(int (*run)(void*), void* argument, std::span<std::byte> stack, int group, int& pidfd) noexcept {
    clone_args how{};
    how.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP;
    how.pidfd = address_of(&pidfd);
    how.exit_signal = SIGCHLD;
    how.stack = address_of(stack.data());
    how.stack_size = stack.size();
    how.cgroup = static_cast<std::uint64_t>(group);
    return static_cast<pid_t>(clone_and_run(how, run, argument));
}

}  // namespace mote::process::detail
