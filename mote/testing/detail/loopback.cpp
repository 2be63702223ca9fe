#include <mote/testing/detail/loopback.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <random>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>

namespace mote::testing::detail {
namespace {

constexpr std::uint16_t lowest_port = 10000;
constexpr int backlog = 1024;
constexpr timeval connect_timeout{.tv_sec = 10, .tv_usec = 0};

sockaddr_in loopback_address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

unique_fd new_socket() {
    unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) fail("socket");
    return fd;
}

/// The first port of the range for outgoing connections.
std::uint16_t first_ephemeral_port() {
    unsigned first = 0;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
    return first > 0 && first <= 65535 ? static_cast<std::uint16_t>(first) : std::uint16_t{32768};
}

}  // namespace

std::uint16_t free_port() {
    static const std::uint16_t end = first_ephemeral_port();
    // A machine that leaves hardly anything below that range: any port must do.
    if (end < lowest_port + 1000) return local_port(listen_loopback(0).get());
    // Random, so that test programs that run side by side rarely want the same one.
    thread_local std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<unsigned> choice(lowest_port, end - 1u);
    for (int attempt = 0; attempt < 100; ++attempt) {
        try {
            return local_port(listen_loopback(static_cast<std::uint16_t>(choice(random))).get());
        } catch (const std::system_error& error) {
            if (error.code() != std::errc::address_in_use && error.code() != std::errc::permission_denied) throw;
        }
    }
    return local_port(listen_loopback(0).get());
}

unique_fd listen_loopback(std::uint16_t port) {
    unique_fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) fail("socket");
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback_address(port);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    if (::listen(fd.get(), backlog) != 0) fail("listen");
    return fd;
}

unique_fd connect_loopback(std::uint16_t port) {
    unique_fd fd = new_socket();
    // Linux bounds connect(2) by the send time-out.
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &connect_timeout, sizeof connect_timeout);
    const sockaddr_in address = loopback_address(port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

std::uint16_t local_port(int fd) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) fail("getsockname");
    return ntohs(address.sin_port);
}

bool accepts_connections(std::uint16_t port) {
    try {
        connect_loopback(port);
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

}  // namespace mote::testing::detail
