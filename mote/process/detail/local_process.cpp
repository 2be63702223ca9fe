#include <mote/process/detail/local_process.hpp>

#include <mote/process/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace mote::process::detail {
namespace {

constexpr int longest_death_ms = 2000;
constexpr auto by_pidfd =
    static_cast<idtype_t>(3);  // P_PIDFD, which glibc's header of Debian 12 has, older ones have not

/// The children of a process, as the kernel says them; none where it does not, or there is no memory for them.
std::vector<pid_t> children_of(pid_t pid) noexcept try {
    const std::string id = std::to_string(pid);
    const descriptor file(::open(("/proc/" + id + "/task/" + id + "/children").c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<pid_t> found;
    char text[256];
    const ssize_t count = file ? ::read(file.get(), text, sizeof text) : 0;
    const char* const end = text + (count > 0 ? count : 0);
    for (const char* at = text; at < end;) {
        pid_t one = 0;
        const auto [rest, error] = std::from_chars(at, end, one);
        if (error != std::errc{}) break;
        found.push_back(one);
        at = rest + 1;  // a space
    }
    return found;
} catch (const std::bad_alloc&) {
    return {};
}

/// What bubblewrap, which handles no signal, would end by.
bool ends_by_default(int number) noexcept {
    constexpr std::array spared{0, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    return std::ranges::find(spared, number) == spared.end();
}

exit_status status_of(const siginfo_t& info) noexcept {
    if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = 0};
    return {.code = 128 + info.si_status, .signal = info.si_status};
}

}  // namespace

void local_process::adopt(started process) {
    set_pid(process.pid);
    boost::system::error_code failed;
    pidfd_.assign(process.pidfd.get(), failed);
    if (failed) {
        kill_and_reap();
        set_pid(-1);
        throw_error(errc::cannot_start, "pidfd: " + failed.message());
    }
    process.pidfd.release();
    const auto self = std::static_pointer_cast<local_process>(shared_from_this());
    pidfd_.async_wait(boost::asio::posix::descriptor_base::wait_read, [self](boost::system::error_code cancelled) {
        if (!cancelled) self->reap();
    });
}

local_process::~local_process() {
    if (pid() > 0 && !status()) kill_and_reap();
}

void local_process::kill_and_reap() noexcept {
    kill_all();
    if (pidfd_.is_open()) {
        pollfd dead{.fd = pidfd_.native_handle(), .events = POLLIN, .revents = 0};
        while (::poll(&dead, 1, longest_death_ms) < 0 && errno == EINTR) {
        }
    }
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(pid()), &ignored, WEXITED | (pidfd_.is_open() ? WNOHANG : 0));
}

void local_process::reap() noexcept {
    // While the dead leader is not reaped its group's number cannot be another's.
    ::kill(-pid(), SIGKILL);
    siginfo_t info{};
    int result = 0;
    while ((result = ::waitid(by_pidfd, static_cast<id_t>(pidfd_.native_handle()), &info, WEXITED)) < 0 &&
           errno == EINTR) {
    }
    boost::system::error_code ignored;
    pidfd_.close(ignored);
    // Somebody else reaped it, or SIGCHLD is ignored: how it ended cannot be known any more.
    finish(result == 0 ? status_of(info) : exit_status{.code = 255, .signal = 0});
}

void local_process::send(int number) noexcept {
    if (sandboxed_ && number != SIGKILL && signal_inside(number)) return;
    if (number == SIGKILL || (sandboxed_ && ends_by_default(number))) return kill_all();
    ::kill(-pid(), number);
}

/// The first process of a sandbox leaves bubblewrap's group a moment before it asks the kernel to end with bubblewrap, and would
/// live on alone if that ended in between. So it is killed itself, while bubblewrap is held: it can start none, nor let one
/// that it has just started leave the group.
void local_process::kill_all() noexcept {
    if (sandboxed_) {
        ::kill(-pid(), SIGSTOP);
        for (const pid_t first : children_of(pid())) ::kill(first, SIGKILL);
    }
    ::kill(-pid(), SIGKILL);
}

/// bubblewrap's one child is the first process of the sandbox; it leads the group that the program is in, and as the first
/// process it ignores what it does not handle. False while there is no program yet.
bool local_process::signal_inside(int number) const noexcept {
    for (const pid_t first : children_of(pid())) {
        if (!children_of(first).empty() && ::kill(-first, number) == 0) return true;
    }
    return false;
}

}  // namespace mote::process::detail
