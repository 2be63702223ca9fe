#include <apps/mote/data/output_pieces.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/output.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

// A pipe that says it can be written to takes so much without making us wait (pipe(7), PIPE_BUF).
constexpr std::size_t surely_taken = 4096;

int copy_of_output() {
    const int copy = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw failure(exit_code::error, std::string("standard output: ") + std::strerror(errno));
    return copy;
}

bool is_output_a_file() {
    struct stat about{};
    return ::fstat(STDOUT_FILENO, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

output_pieces::output_pieces(const asio::any_io_executor& executor)
    : is_file_(is_output_a_file()), output_(executor, copy_of_output()) {}

asio::awaitable<bool> output_pieces::write(std::string bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
        if (!is_file_)
            co_await output_.async_wait(asio::posix::stream_descriptor::wait_write, asio::as_tuple(asio::deferred));
        const auto piece = is_file_ ? rest : rest.substr(0, surely_taken);
        write_out(piece);
        if (is_reader_gone()) co_return false;
        rest.remove_prefix(piece.size());
    }
    co_return true;
}

}  // namespace mote::command
