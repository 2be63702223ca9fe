#include <apps/mote/input.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t largest = 64UL * 1024 * 1024;  // what a server can be told to accept at most

[[noreturn]] void throw_errno(exit_code code, const std::string& name, int error) {
    throw failure(code, name + ": " + std::strerror(error));
}

/// Standard input is waited for, not made non-blocking: that would change it for everybody who shares it.
int opened(const std::string& path, exit_code code, const std::string& name) {
    const int file = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) throw_errno(code, name, errno);
    return file;
}

}  // namespace

input_pieces::input_pieces(const asio::any_io_executor& executor, const std::string& path)
    : name_(path == "-" ? "standard input" : path),
      code_(path == "-" ? exit_code::error : exit_code::usage),
      file_(opened(path, code_, name_)),
      input_(executor, file_) {}

std::size_t input_pieces::size() const noexcept {
    struct stat about{};
    return ::fstat(file_, &about) == 0 && S_ISREG(about.st_mode) ? static_cast<std::size_t>(about.st_size) : 0;
}

asio::awaitable<std::string> input_pieces::next(std::size_t most) {
    std::string piece(most, '\0');
    for (;;) {
        // A file never has to be waited for, and cannot be.
        const auto [failed] =
            co_await input_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::deferred));
        if (failed && failed != asio::error::operation_not_supported) throw boost::system::system_error(failed, name_);
        const ssize_t count = ::read(file_, piece.data(), piece.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) throw_errno(code_, name_, errno);
        piece.resize(static_cast<std::size_t>(count));
        co_return piece;
    }
}

asio::awaitable<std::string> input_pieces::rest() {
    std::string text;
    for (;;) {
        const std::string piece = co_await next(65536);
        if (piece.empty()) co_return text;
        text += piece;
        if (text.size() > largest) throw failure(code_, name_ + ": more than 64 MiB, which no message can be");
    }
}

asio::awaitable<std::string> whole_input() {
    input_pieces input(co_await asio::this_coro::executor, "-");
    co_return co_await input.rest();
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
