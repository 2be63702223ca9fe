#include <apps/mote/output.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/text.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace mote::command {
namespace {

/// 0, or the errno of what went wrong.
int write_all(int fd, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t count = ::write(fd, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            // Whoever shares the terminal or pipe made it non-blocking.
            pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
            ::poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

void keep_standard_descriptors() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        // It gets the lowest number that is free, which is this one; opened for what nobody does with it.
        [[maybe_unused]] const int opened = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

void write_out(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error != 0 && error != EPIPE)
        throw failure(exit_code::error, std::string("standard output: ") + std::strerror(error));
}

bool is_reader_gone() noexcept {
    pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

void write_err(std::string_view text) noexcept { write_all(STDERR_FILENO, text); }

void say(std::string_view line) { write_err("mote: " + printable(line) + "\n"); }

}  // namespace mote::command
