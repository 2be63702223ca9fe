#include <mote/process/detail/packet_socket.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace mote::process::detail {
namespace {

constexpr std::size_t control_size = CMSG_SPACE(most_descriptors * sizeof(int));

}  // namespace

io_result send_packet(int socket, std::string_view packet, std::span<const int> descriptors, int flags) noexcept {
    iovec part{.iov_base = const_cast<char*>(packet.data()), .iov_len = packet.size()};
    alignas(cmsghdr) char control[control_size] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    for (;;) {
        if (::sendmsg(socket, &message, flags | MSG_NOSIGNAL) >= 0) return io_result::done;
        if (errno == EINTR) continue;
        if (errno == EAGAIN) return io_result::later;
        // Such as too many descriptors under way, or no memory.
        return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? io_result::closed : io_result::refused;
    }
}

io_result receive_packet(int socket, std::string& buffer, packet& into, int flags) {
    iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
    alignas(cmsghdr) char control[control_size] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t count = 0;
    while ((count = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    if (count < 0) return errno == EAGAIN ? io_result::later : io_result::closed;
    into.descriptors.clear();
    for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t held = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < held; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(at) + i * sizeof fd, sizeof fd);
            into.descriptors.emplace_back(fd);
        }
    }
    if (count == 0) return io_result::closed;
    into.bytes = std::string_view(buffer.data(), static_cast<std::size_t>(count));
    into.whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    return io_result::done;
}

descriptor file_of(std::string_view content) noexcept {
    descriptor file(::memfd_create("mote", MFD_CLOEXEC));
    while (file && !content.empty()) {
        const ssize_t count = ::write(file.get(), content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return descriptor();
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    if (file && ::lseek(file.get(), 0, SEEK_SET) != 0) return descriptor();
    return file;
}

std::optional<std::string> content_of(int file) {
    struct stat about{};
    if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    if (about.st_size < 0 || static_cast<std::size_t>(about.st_size) > longest_message) return std::nullopt;
    std::string content(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t done = 0;
    while (done < content.size()) {
        const ssize_t count = ::pread(file, content.data() + done, content.size() - done, static_cast<off_t>(done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::nullopt;
        done += static_cast<std::size_t>(count);
    }
    return content;
}

}  // namespace mote::process::detail
