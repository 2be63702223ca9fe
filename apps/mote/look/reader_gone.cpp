#include <apps/mote/look/reader_gone.hpp>

#include <poll.h>
#include <unistd.h>

namespace mote::command {

bool reader_gone() noexcept {
    pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace mote::command
