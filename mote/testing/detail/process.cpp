#include <mote/testing/detail/process.hpp>

#include <mote/testing/detail/child_start.hpp>
#include <mote/testing/detail/deadline.hpp>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <future>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <thread>

namespace mote::testing::detail {
namespace {

exit_status to_exit_status(int raw) {
    exit_status status;
    if (WIFSIGNALED(raw)) {
        status.signal = WTERMSIG(raw);
        status.code = 128 + status.signal;
    } else {
        status.code = WEXITSTATUS(raw);
    }
    return status;
}

}  // namespace

/// The child is started and kept by one thread: the kernel's parent-death signal follows the thread that forked, and a test
/// may well start a process from a thread that ends before it.
struct process::state {
    void keep(std::vector<std::string> argv, process_options options, std::promise<void> started);
    void keep_until_all_closed(started_child& child);
    static bool read_what_is_there(unique_fd& from, std::string& bytes);
    void show(std::string& in, const std::string& bytes);
    void take_output(started_child& child);
    void take_error(started_child& child);
    void reap();

    pid_t pid = -1;
    unique_fd stop{::eventfd(0, EFD_CLOEXEC)};

    mutable std::mutex mutex;  // guards all below
    mutable std::condition_variable changed;
    std::string out, err, both;
    std::optional<exit_status> status;
    bool closed = false;  // it ended, and whoever inherited its output did too: nothing more can come

    std::thread keeper;
};

void process::state::keep(std::vector<std::string> argv, process_options options, std::promise<void> started) {
    std::optional<started_child> child;
    try {
        child.emplace(start_child(argv, options));
        pid = child->pid;
        started.set_value();
    } catch (...) {
        started.set_exception(std::current_exception());
        return;
    }
    keep_until_all_closed(*child);
}

void process::state::keep_until_all_closed(started_child& child) {
    while (child.out || child.err || child.pidfd) {
        std::array<pollfd, 4> waited = {{{.fd = child.out.get(), .events = POLLIN, .revents = 0},
                                         {.fd = child.err.get(), .events = POLLIN, .revents = 0},
                                         {.fd = child.pidfd.get(), .events = POLLIN, .revents = 0},
                                         {.fd = stop.get(), .events = POLLIN, .revents = 0}}};
        if (::poll(waited.data(), waited.size(), -1) < 0) continue;
        if (waited[1].revents != 0) take_error(child);
        if (waited[0].revents != 0) take_output(child);
        if (waited[2].revents != 0) {
            // It wrote its last words before it ended: take them first, so that who saw the end has the whole output.
            take_error(child);
            take_output(child);
            child.pidfd.reset();
            reap();
        }
        if (waited[3].revents != 0) break;
    }
    const std::lock_guard lock(mutex);
    closed = true;
    changed.notify_all();
}

/// Reads until nothing is left for now, or more than a pipe holds of one that writes without end. False at the end of the
/// stream.
bool process::state::read_what_is_there(unique_fd& from, std::string& bytes) {
    constexpr std::size_t more_than_a_pipe = 4 * 1024 * 1024;
    std::array<char, 65536> buffer;
    while (bytes.size() < more_than_a_pipe) {
        const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        if (count == 0) return false;
        bytes.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return true;
}

void process::state::show(std::string& in, const std::string& bytes) {
    const std::lock_guard lock(mutex);
    in += bytes;
    both += bytes;
    changed.notify_all();
}

void process::state::take_output(started_child& child) {
    if (!child.out) return;
    std::string bytes;
    if (!read_what_is_there(child.out, bytes)) child.out.reset();
    show(out, bytes);
}

/// Who sees what it wrote to stderr has seen what it wrote to stdout before.
void process::state::take_error(started_child& child) {
    if (!child.err) return;
    std::string bytes;
    if (!read_what_is_there(child.err, bytes)) child.err.reset();
    take_output(child);
    show(err, bytes);
}

void process::state::reap() {
    // Under the lock: `kill` must not hit a process that got the same id.
    const std::lock_guard lock(mutex);
    int raw = 0;
    while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
    }
    status = to_exit_status(raw);
    changed.notify_all();
}

process::process(std::vector<std::string> argv, process_options options) : state_(std::make_unique<state>()) {
    std::promise<void> started;
    std::future<void> start = started.get_future();
    state_->keeper = std::thread([kept = state_.get(), argv = std::move(argv), options = std::move(options),
                                  started = std::move(started)]() mutable {
        kept->keep(std::move(argv), std::move(options), std::move(started));
    });
    try {
        start.get();
    } catch (...) {
        state_->keeper.join();
        throw;
    }
}

process::~process() {
    terminate();
    ::eventfd_write(state_->stop.get(), 1);
    state_->keeper.join();
}

pid_t process::pid() const noexcept { return state_->pid; }

bool process::running() const {
    const std::lock_guard lock(state_->mutex);
    return !state_->status.has_value();
}

std::string process::output() const {
    const std::lock_guard lock(state_->mutex);
    return state_->both;
}

std::string process::out() const {
    const std::lock_guard lock(state_->mutex);
    return state_->out;
}

std::string process::err() const {
    const std::lock_guard lock(state_->mutex);
    return state_->err;
}

bool process::wait_for_output(std::string_view text, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(state_->mutex);
    const auto is_there = [&] { return state_->both.find(text) != std::string::npos; };
    state_->changed.wait_for(lock, timeout, [&] { return is_there() || state_->closed; });
    return is_there();
}

std::optional<exit_status> process::wait(std::chrono::milliseconds timeout) const {
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, timeout, [&] { return state_->status.has_value(); });
    return state_->status;
}

void process::kill(int signal) const {
    const std::lock_guard lock(state_->mutex);
    if (!state_->status) ::kill(state_->pid, signal);
}

exit_status process::terminate(std::chrono::milliseconds grace) const {
    kill(SIGTERM);
    if (const auto status = wait(grace)) return *status;
    kill(SIGKILL);
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [&] { return state_->status.has_value(); });
    return *state_->status;
}

run_result run(std::vector<std::string> argv, process_options options, std::chrono::milliseconds timeout) {
    const process child(std::move(argv), std::move(options));
    run_result result;
    if (!child.wait(timeout)) {
        result.timed_out = true;
        child.kill(SIGKILL);
    }
    result.exit_code = child.terminate().code;
    result.out = child.out();
    result.err = child.err();
    return result;
}

}  // namespace mote::testing::detail
