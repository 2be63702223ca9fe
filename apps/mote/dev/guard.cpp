#include <apps/mote/dev/guard.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

using steady = std::chrono::steady_clock;

constexpr int starter_gone = SIGUSR1;
constexpr int kill_all = SIGUSR2;
constexpr auto patience_without_starter = std::chrono::seconds(2);
constexpr auto between_kills = std::chrono::milliseconds(20);
constexpr auto longest_killing = std::chrono::seconds(5);  // what belongs to another user cannot be killed
constexpr int cannot_execute = 127;

[[noreturn]] void become(char** words) {
    const pid_t guard = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != guard) ::_exit(cannot_execute);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(words[0], words);
    const std::string line = std::string(words[0]) + ": cannot be started: " + std::strerror(errno) + "\n";
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(cannot_execute);
}

/// The children of all threads of a process.
std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> found;
    std::error_code failed;
    const std::filesystem::path threads("/proc/" + std::to_string(process) + "/task");
    for (std::filesystem::directory_iterator each(threads, failed), end; !failed && each != end;
         each.increment(failed)) {
        const int file = ::open((each->path() / "children").c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t count = 0; (count = ::read(file, part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(count));
        ::close(file);
        const char* const last = text.data() + text.size();
        for (const char* at = text.data(); at < last;) {
            pid_t one = 0;
            const auto [rest, wrong] = std::from_chars(at, last, one);
            if (wrong != std::errc()) break;
            found.push_back(one);
            at = rest + 1;  // a space
        }
    }
    return found;
}

void kill_descendants() {
    std::vector<pid_t> all = children_of(::getpid());
    for (std::size_t at = 0; at < all.size(); ++at) {
        // Stopped first, so that it starts nothing more that is not seen below.
        ::kill(all[at], SIGSTOP);
        const auto more = children_of(all[at]);
        all.insert(all.end(), more.begin(), more.end());
    }
    for (const pid_t one : all) ::kill(one, SIGKILL);
}

class guard {
public:
    explicit guard(pid_t program) : program_(program) { ::sigfillset(&signals_); }

    /// Returns the raw status of the program when nothing of it is left.
    int watch() {
        while (!done_) {
            siginfo_t told{};
            const int signal = next(told);
            if (signal == SIGCHLD) {
                reap();
            } else if (signal == kill_all || (signal < 0 && kill_at_ && steady::now() >= *kill_at_)) {
                begin_killing();
            } else if (signal == starter_gone) {
                ask_to_end();
                kill_at_ = steady::now() + patience_without_starter;
            } else if (signal == SIGTERM && told.si_pid != ::getpid()) {
                ask_to_end();
            }
        }
        return status_;
    }

private:
    /// Below zero: the time is over, or another reason to look again.
    int next(siginfo_t& told) {
        if (!kill_at_) return ::sigwaitinfo(&signals_, &told);
        const auto left = std::max(std::chrono::nanoseconds(*kill_at_ - steady::now()), std::chrono::nanoseconds(0));
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
        return ::sigtimedwait(&signals_, &told, &wait);
    }

    /// The group has this process, too, which gets the signal and knows it for its own.
    void ask_to_end() {
        asked_ = true;
        ::kill(0, SIGTERM);
    }

    void begin_killing() {
        const auto now = steady::now();
        if (!killing_since_) killing_since_ = now;
        kill_descendants();
        kill_at_ = now + between_kills;
        if (now - *killing_since_ > longest_killing) done_ = true;
    }

    void reap() {
        for (;;) {
            int status = 0;
            const pid_t ended = ::waitpid(-1, &status, WNOHANG);
            if (ended == 0) break;
            if (ended < 0) {
                done_ = errno == ECHILD;
                break;
            }
            if (ended != program_) continue;
            status_ = status;
            // What was asked to end may need its time, such as a service behind the shell that started it.
            if (!asked_ && !killing_since_) begin_killing();
        }
    }

    pid_t program_;
    sigset_t signals_{};
    int status_ = 0;
    bool asked_ = false;
    bool done_ = false;
    std::optional<steady::time_point> kill_at_{};
    std::optional<steady::time_point> killing_since_{};
};

int end_as(int status) {
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
    const int signal = WTERMSIG(status);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // a core of this process is of no use
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    return 128 + signal;
}

}  // namespace

int run_guard(char** words) {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    ::setpgid(0, 0);  // refused to who has a session of its own already
    ::prctl(PR_SET_NAME, "mote guard");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_PDEATHSIG, starter_gone);  // until here the kernel kills it then
    const pid_t program = ::fork();
    if (program < 0) return cannot_execute;
    if (program == 0) become(words);
    return end_as(guard(program).watch());
}

}  // namespace mote::command
