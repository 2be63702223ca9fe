#include <mote/node/detail/socket_file.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::node::detail {

// With O_PATH nothing is done to what is opened, whatever it is.
socket_file::socket_file(const std::string& path) noexcept
    : fd_(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
    struct stat about{};
    if (fd_ < 0 || ::fstat(fd_, &about) != 0)
        error_ = {errno, boost::system::system_category()};
    else if (!S_ISSOCK(about.st_mode))
        error_ = make_error_code(boost::system::errc::not_a_socket);
}

socket_file::~socket_file() {
    if (fd_ >= 0) ::close(fd_);
}

boost::asio::local::stream_protocol::endpoint socket_file::endpoint() const {
    return {"/proc/self/fd/" + std::to_string(fd_)};
}

}  // namespace mote::node::detail
