#include <mote/gateway/log_sink.hpp>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::gateway {
namespace {

/// POSIX: so much fits into a pipe that `poll` says can be written to.
constexpr std::size_t pipe_piece = 4096;

bool is_file(int descriptor) noexcept {
    struct stat about{};
    return ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

bool takes_more(int descriptor) noexcept {
    pollfd asked{descriptor, POLLOUT, 0};
    return ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLOUT) != 0;
}

std::size_t write_to(int descriptor, bool regular, std::string_view lines) noexcept {
    std::size_t taken = 0;
    while (taken < lines.size()) {
        if (!regular && !takes_more(descriptor)) break;
        const auto piece = regular ? lines.size() - taken : std::min(lines.size() - taken, pipe_piece);
        const auto written = ::write(descriptor, lines.data() + taken, piece);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        taken += static_cast<std::size_t>(written);
    }
    return taken;
}

}  // namespace

log_sink to_descriptor(int descriptor) {
    return [descriptor, regular = is_file(descriptor)](std::string_view lines) {
        return write_to(descriptor, regular, lines);
    };
}

log_sink to_stream(std::ostream& stream) {
    return [&stream](std::string_view lines) {
        stream.write(lines.data(), static_cast<std::streamsize>(lines.size())).flush();
        return lines.size();
    };
}

}  // namespace mote::gateway
