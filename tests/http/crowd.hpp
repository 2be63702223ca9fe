#pragma once

#include <tests/support/unique_fd.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mote::test {

/// As many descriptors as the hard limit lets; returns how many.
inline rlim_t raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/// A process with many connections to one server, so that neither its descriptors nor its memory are those of the test. It
/// ends with this object, and when the test is killed. Make it before there are threads.
class crowd {
public:
    crowd() {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return;
        child_ = ::fork();
        if (child_ == 0) {
            ::close(pair[0]);
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            live(pair[1]);
            ::_exit(0);
        }
        ::close(pair[1]);
        orders_ = unique_fd(pair[0]);
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;
    ~crowd() {
        orders_.reset();  // which ends it
        if (child_ > 0) ::waitpid(child_, nullptr, 0);
    }

    /// What is done with all connections; each of them returns when it has been, with the number of those that are well.
    /// Those that `come` are connected and have sent `first`.
    std::uint32_t come(std::uint16_t port, std::uint32_t number, std::string_view first) {
        return ask({'c', port, number}, first);
    }
    /// Sends it; well is one that takes it, and to which nothing was said.
    std::uint32_t drip(std::string_view bytes) { return ask({'d', 0, 0}, bytes); }
    /// Sends it; well is one that is answered with 200.
    std::uint32_t finish(std::string_view bytes) { return ask({'f', 0, 0}, bytes); }

private:
    struct order {
        char what = 0;
        std::uint16_t port = 0;
        std::uint32_t number = 0;
        std::uint32_t size = 0;
    };

    std::uint32_t ask(order what, std::string_view bytes) {
        what.size = static_cast<std::uint32_t>(bytes.size());
        std::uint32_t well = 0;
        const bool told = ::send(orders_.get(), &what, sizeof what, MSG_NOSIGNAL) == sizeof what &&
                          ::send(orders_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
        if (!told || ::recv(orders_.get(), &well, sizeof well, MSG_WAITALL) != sizeof well) return 0;
        return well;
    }

    // What follows runs in the other process.

    static void live(int orders) {
        std::vector<int> peers;
        order what;
        while (::recv(orders, &what, sizeof what, MSG_WAITALL) == sizeof what) {
            std::vector<char> bytes(what.size);
            // A receive of nothing would wait for something.
            if (!bytes.empty() && ::recv(orders, bytes.data(), bytes.size(), MSG_WAITALL) != ssize_t(bytes.size()))
                return;
            if (what.what == 'c') connect_all(peers, what);
            std::uint32_t well = 0;
            for (const int peer : peers) {
                const bool sent = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
                if (sent && (what.what == 'f' ? answered(peer) : silent(peer))) ++well;
            }
            if (::send(orders, &well, sizeof well, MSG_NOSIGNAL) != sizeof well) return;
        }
    }
    static void connect_all(std::vector<int>& peers, const order& what) {
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_port = htons(what.port);
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        for (std::uint32_t i = 0; i < what.number; ++i) {
            const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (peer < 0) return;
            ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            if (::connect(peer, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0)
                peers.push_back(peer);
            else
                ::close(peer);
        }
    }
    static bool silent(int peer) {
        char byte = 0;
        return ::recv(peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
    static bool answered(int peer) {
        constexpr std::string_view wanted = "HTTP/1.1 200 ";
        char head[wanted.size()];
        return ::recv(peer, head, sizeof head, MSG_WAITALL) == ssize_t(sizeof head) &&
               std::equal(wanted.begin(), wanted.end(), head);
    }

    pid_t child_ = -1;
    unique_fd orders_;
};

}  // namespace mote::test
