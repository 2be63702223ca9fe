#include <apps/mote/child.hpp>

#include <apps/mote/environment.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr auto end_patience = std::chrono::seconds(5);
constexpr int cannot_execute = 127;

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// All that the child needs after the fork, where memory may not be allocated.
struct child_plan {
    const char* program = nullptr;
    char** arguments = nullptr;
    char** variables = nullptr;
    int input = -1;
    int log = -1;
    int keep_open = -1;
    pid_t parent = -1;
};

[[noreturn]] void become(const child_plan& plan) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != plan.parent) ::_exit(cannot_execute);  // the parent died before the line above
    ::setpgid(0, 0);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(plan.input, STDIN_FILENO);
    ::dup2(plan.log, STDOUT_FILENO);
    ::dup2(plan.log, STDERR_FILENO);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (plan.keep_open >= 0) ::fcntl(plan.keep_open, F_SETFD, 0);
    ::execve(plan.program, plan.arguments, plan.variables);
    const char* const reason = std::strerror(errno);
    [[maybe_unused]] auto ignored = ::write(STDERR_FILENO, reason, std::strlen(reason));
    ::_exit(cannot_execute);
}

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const noexcept { return fd_; }

private:
    int fd_;
};

pid_t start(const child_options& options) {
    const descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (input.get() < 0) fail("/dev/null");
    const descriptor log(::open(options.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (log.get() < 0) fail(options.log.string());
    std::vector<std::string> arguments = options.arguments;
    arguments.insert(arguments.begin(), options.program.string());
    const std::vector<char*> argument_pointers = pointers(arguments);
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment_with(options.variables)) variables.push_back(name + '=' + value);
    const std::vector<char*> variable_pointers = pointers(variables);

    child_plan plan;
    plan.program = options.program.c_str();
    plan.arguments = const_cast<char**>(argument_pointers.data());
    plan.variables = const_cast<char**>(variable_pointers.data());
    plan.input = input.get();
    plan.log = log.get();
    plan.keep_open = options.keep_open;
    plan.parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) fail("fork");
    if (pid == 0) become(plan);
    return pid;
}

}  // namespace

/// Shared with the handler that waits for the end, which may run after the `child` is gone.
struct child::state {
    explicit state(const asio::any_io_executor& executor) : end(executor) {}

    void reap(int flags) {
        int raw = 0;
        pid_t reaped = 0;
        while ((reaped = ::waitpid(pid, &raw, flags)) < 0 && errno == EINTR) {
        }
        if (reaped != 0) status = raw;
    }

    pid_t pid = -1;
    asio::posix::stream_descriptor end;  // readable when the child has ended
    std::optional<int> status{};
    std::function<void()> on_end{};
};

child::child(asio::any_io_executor executor, const child_options& options) : state_(std::make_shared<state>(executor)) {
    state_->pid = start(options);
    // Not glibc's function: its header in Debian 12 lacks extern "C".
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, state_->pid, 0));
    if (fd < 0) {
        const int cause = errno;
        ::kill(state_->pid, SIGKILL);
        state_->reap(0);
        errno = cause;
        fail("pidfd_open");
    }
    state_->end.assign(fd);
    state_->end.async_wait(asio::posix::stream_descriptor::wait_read,
                           [kept = state_](const boost::system::error_code& failed) {
                               if (failed || kept->status) return;
                               kept->reap(0);
                               if (kept->on_end) kept->on_end();
                           });
}

child::~child() {
    state_->on_end = nullptr;
    if (state_->status) return;
    ::kill(state_->pid, SIGTERM);
    pollfd waited{.fd = state_->end.native_handle(), .events = POLLIN, .revents = 0};
    const auto deadline = std::chrono::steady_clock::now() + end_patience;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        const int ready = ::poll(&waited, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) break;
        if (ready < 0 && errno == EINTR) continue;
        ::kill(state_->pid, SIGKILL);
        break;
    }
    state_->reap(0);
    boost::system::error_code ignored;
    state_->end.close(ignored);
}

pid_t child::pid() const noexcept { return state_->pid; }

bool child::ended() const noexcept { return state_->status.has_value(); }

std::string child::how_it_ended() const {
    if (!state_->status) return {};
    const int raw = *state_->status;
    if (WIFSIGNALED(raw)) return "signal " + std::to_string(WTERMSIG(raw));
    return "exit code " + std::to_string(WEXITSTATUS(raw));
}

void child::when_ended(std::function<void()> handler) { state_->on_end = std::move(handler); }

}  // namespace mote::command
