#include <tests/support/pty.hpp>

#include <tests/support/deadline.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <system_error>

namespace mote::test {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

pty_process::pty_process(std::vector<std::string> argv, process_options options, unsigned short columns)
    : terminal_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 128> name{};
    if (!terminal_ || ::grantpt(terminal_.get()) != 0 || ::unlockpt(terminal_.get()) != 0 ||
        ::ptsname_r(terminal_.get(), name.data(), name.size()) != 0)
        fail("posix_openpt");
    const unique_fd other_side(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!other_side) fail(name.data());
    const winsize size{.ws_row = 50, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::ioctl(terminal_.get(), TIOCSWINSZ, &size) != 0) fail("TIOCSWINSZ");
    options.terminal = other_side.get();
    process_ = std::make_unique<process>(std::move(argv), std::move(options));
}

pty_process::~pty_process() = default;

std::string pty_process::text() const {
    std::string result = output_;
    std::erase(result, '\r');
    return result;
}

pty_process::read_result pty_process::read_more(milliseconds timeout) {
    pollfd readable{.fd = terminal_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(timeout.count()));
    if (ready < 0 && errno == EINTR) return read_result::data;
    if (ready == 0) return read_result::timeout;
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(terminal_.get(), buffer.data(), buffer.size());
    if (count <= 0) return read_result::ended;  // EIO: nobody has the other side any more
    output_.append(buffer.data(), static_cast<std::size_t>(count));
    return read_result::data;
}

bool pty_process::wait_for_output(std::string_view text, milliseconds timeout) {
    const deadline limit(timeout);
    while (output_.find(text) == std::string::npos)
        if (read_more(limit.remaining()) != read_result::data) return false;
    return true;
}

void pty_process::type(std::string_view keys) {
    if (::write(terminal_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        fail("write to the terminal");
}

std::optional<exit_status> pty_process::wait(milliseconds timeout) {
    const deadline limit(timeout);
    read_result result = read_result::data;
    while (result == read_result::data) result = read_more(limit.remaining());
    if (result == read_result::timeout) return std::nullopt;
    return process_->wait(limit.remaining());
}

}  // namespace mote::test
