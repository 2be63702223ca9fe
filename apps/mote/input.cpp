#include <apps/mote/input.hpp>

#include <apps/mote/exit_code.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t largest = 64UL * 1024 * 1024;  // what a server can be told to accept at most

/// Returns when reading would not block. A file never does, and cannot be waited for.
asio::awaitable<void> wait_until_readable(asio::posix::stream_descriptor* input) {
    const auto [failed] =
        co_await input->async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::deferred));
    if (failed && failed != asio::error::operation_not_supported)
        throw boost::system::system_error(failed, "standard input");
}

}  // namespace

asio::awaitable<std::string> whole_input() {
    // Waited for, not made non-blocking: that would change it for everybody who shares it.
    const int copy = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw failure(exit_code::error, std::string("standard input: ") + std::strerror(errno));
    asio::posix::stream_descriptor input(co_await asio::this_coro::executor, copy);
    std::string text;
    std::vector<char> buffer(65536);
    for (;;) {
        co_await wait_until_readable(&input);
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count == 0) co_return text;
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) throw failure(exit_code::error, std::string("standard input: ") + std::strerror(errno));
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > largest)
            throw failure(exit_code::error, "standard input: more than 64 MiB, which no message can be");
    }
}

bool is_input_fed() {
    struct stat about{};
    return ::fstat(STDIN_FILENO, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISREG(about.st_mode));
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view part = bytes.substr(at, 3);
        unsigned group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8U | (i < part.size() ? static_cast<unsigned char>(part[i]) : 0U);
        for (unsigned i = 0; i < 4; ++i) text += i <= part.size() ? letters[group >> (18 - 6 * i) & 63U] : '=';
    }
    return text;
}

}  // namespace mote::command
