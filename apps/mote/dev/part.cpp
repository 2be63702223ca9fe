#include <apps/mote/dev/part.hpp>

#include <apps/mote/dev/line_splitter.hpp>
#include <apps/mote/environment.hpp>

#include <mote/process/child.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr int patience_of_destructor_ms = 2000;

mote::process::command command_of(const part_options& options) {
    mote::process::command guarded;
    guarded.program = "/proc/self/exe";
    guarded.arguments = options.words;
    guarded.arguments.insert(guarded.arguments.begin(), "guard");
    guarded.environment = environment_with(options.environment);
    guarded.directory = options.directory;
    guarded.output = mote::process::stream::pipe;
    guarded.error = mote::process::stream::merge;
    return guarded;
}

}  // namespace

/// Shared with the coroutine that reads, which may go on after the part is gone.
struct part::state {
    state(mote::process::child started, part_options wanted)
        : guard(std::move(started)), options(std::move(wanted)), lines([this](std::string_view line) {
              if (options.on_line) options.on_line(line);
          }) {}

    static asio::awaitable<void> follow(std::shared_ptr<state> self) {
        std::array<char, 16 * 1024> buffer{};
        for (;;) {
            const auto [failed, count] = co_await self->guard.output().async_read_some(
                asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
            if (failed) break;
            self->lines.take({buffer.data(), count});
        }
        const auto status = co_await self->guard.wait();
        self->lines.finish();
        self->status = status;
        // It may destroy the part.
        const auto tell = self->options.on_end;
        if (tell) tell(status);
    }

    mote::process::child guard;
    part_options options;
    line_splitter lines;
    std::optional<mote::process::exit_status> status{};
};

part::part(std::shared_ptr<state> state) noexcept : state_(std::move(state)) {}

std::unique_ptr<part> part::start(asio::any_io_executor executor, part_options options) {
    auto guard = mote::process::child::start(executor, command_of(options));
    const auto made = std::make_shared<state>(std::move(guard), std::move(options));
    asio::co_spawn(executor, state::follow(made), [](const std::exception_ptr&) {});
    return std::unique_ptr<part>(new part(made));
}

part::~part() {
    state_->options.on_line = nullptr;
    state_->options.on_end = nullptr;
    if (state_->guard.status()) return;
    // Not glibc's function: its header in Debian 12 lacks extern "C".
    const int end = static_cast<int>(::syscall(SYS_pidfd_open, pid(), 0));
    kill();
    if (end < 0) return;
    pollfd waited{.fd = end, .events = POLLIN, .revents = 0};
    ::poll(&waited, 1, patience_of_destructor_ms);
    ::close(end);
}

pid_t part::pid() const noexcept { return state_->guard.pid(); }

const std::optional<mote::process::exit_status>& part::ended() const noexcept { return state_->status; }

// To the guard alone, which tells the others: a signal to the group would reach them twice.
void part::ask_to_end() noexcept {
    if (!state_->guard.status()) ::kill(pid(), SIGTERM);
}

void part::kill() noexcept {
    if (!state_->guard.status()) ::kill(pid(), SIGUSR2);
}

std::string description_of(const mote::process::exit_status& status) {
    if (status.signal == 0) return "exit code " + std::to_string(status.code);
    return "signal " + std::to_string(status.signal) + " (" + ::strsignal(status.signal) + ")";
}

std::vector<std::string> shell_words(const std::string& text) { return {"/bin/sh", "-c", text}; }

}  // namespace mote::command
