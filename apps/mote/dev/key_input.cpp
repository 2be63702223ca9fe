#include <apps/mote/dev/key_input.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

// Signals whose usual action ends the process; those that end `mote` in good order are handled elsewhere.
constexpr std::array<int, 9> deadly = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGTRAP, SIGSYS, SIGXCPU};

// What the handlers of signals need: they have no object.
termios usual_settings{};
termios key_settings{};
std::array<struct sigaction, deadly.size()> usual_actions{};
struct sigaction usual_stop{};

void set_terminal(const termios& settings) noexcept { ::tcsetattr(STDIN_FILENO, TCSADRAIN, &settings); }

bool is_in_foreground() noexcept { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

extern "C" void restore_and_die(int number) {
    // Not TCSADRAIN, which may wait for ever.
    ::tcsetattr(STDIN_FILENO, TCSANOW, &usual_settings);
    for (std::size_t i = 0; i < deadly.size(); ++i)
        if (deadly[i] == number) ::sigaction(number, &usual_actions[i], nullptr);
    ::raise(number);
}

extern "C" void restore_and_stop(int number);

void catch_stop() noexcept {
    struct sigaction action{};
    action.sa_handler = restore_and_stop;
    action.sa_flags = SA_RESTART | SA_NODEFER;
    ::sigaction(SIGTSTP, &action, nullptr);
}

/// Comes back when the process goes on.
extern "C" void restore_and_stop(int number) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &usual_settings);
    ::sigaction(number, &usual_stop, nullptr);
    ::raise(number);
    // Where a handler runs with all signals blocked, as under ThreadSanitizer, it stops here.
    sigset_t only{};
    sigemptyset(&only);
    sigaddset(&only, number);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    catch_stop();
    if (is_in_foreground()) ::tcsetattr(STDIN_FILENO, TCSANOW, &key_settings);
}

}  // namespace

/// Shared with the wait for the next key, which may end after the object.
struct key_input::state : std::enable_shared_from_this<state> {
    state(const asio::any_io_executor& executor, std::function<void(char)> handler)
        : keys(executor), on_key(std::move(handler)) {}

    void listen() {
        keys.async_wait(asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& failed) {
                            if (!failed && self->on_key) self->take();
                        });
    }

    void take() {
        std::array<char, 64> typed{};
        const ssize_t count = ::read(keys.native_handle(), typed.data(), typed.size());
        if (count <= 0) return;  // the terminal has gone: SIGHUP says so
        for (ssize_t i = 0; i < count && on_key; ++i) on_key(typed[static_cast<std::size_t>(i)]);
        if (on_key) listen();
    }

    asio::posix::stream_descriptor keys;
    std::function<void(char)> on_key;
};

key_input::key_input(const asio::any_io_executor& executor, std::function<void(char)> on_key) {
    if (::isatty(STDIN_FILENO) != 1 || !is_in_foreground() || ::tcgetattr(STDIN_FILENO, &usual_settings) != 0) return;
    const char* const name = ::ttyname(STDIN_FILENO);
    // Opened anew: Asio makes it non-blocking, and standard input is shared with the shell.
    const int fd = name == nullptr ? -1 : ::open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return;
    state_ = std::make_shared<state>(executor, std::move(on_key));
    state_->keys.assign(fd);

    key_settings = usual_settings;
    key_settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    key_settings.c_cc[VMIN] = 1;
    key_settings.c_cc[VTIME] = 0;
    struct sigaction action{};
    action.sa_handler = restore_and_die;
    action.sa_flags = SA_NODEFER;
    for (std::size_t i = 0; i < deadly.size(); ++i) ::sigaction(deadly[i], &action, &usual_actions[i]);
    ::sigaction(SIGTSTP, nullptr, &usual_stop);
    catch_stop();
    set_terminal(key_settings);
    state_->listen();
}

key_input::~key_input() {
    if (!state_) return;
    state_->on_key = nullptr;
    boost::system::error_code ignored;
    state_->keys.close(ignored);
    set_terminal(usual_settings);
    for (std::size_t i = 0; i < deadly.size(); ++i) ::sigaction(deadly[i], &usual_actions[i], nullptr);
    ::sigaction(SIGTSTP, &usual_stop, nullptr);
}

}  // namespace mote::command
