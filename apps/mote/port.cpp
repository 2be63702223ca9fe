#include <apps/mote/port.hpp>

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mote::command {

int try_to_listen(std::uint16_t port) {
    const int opened = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (opened < 0) return errno;
    // As servers do: what is left of an old connection is nobody who listens.
    const int on = 1;
    ::setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound =
        ::bind(opened, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0 && ::listen(opened, 1) == 0;
    const int error = bound ? 0 : errno;
    ::close(opened);
    return error;
}

}  // namespace mote::command
