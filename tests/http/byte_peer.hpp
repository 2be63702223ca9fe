#pragma once

#include <tests/support/loopback.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace mote::test {

/// A blocking peer of plain bytes, for what is looked at in pieces. It waits a minute at most for anything.
class byte_peer {
public:
    explicit byte_peer(std::uint16_t port) : socket_(connect_loopback(port)) {}

    /// Errors are passed over: the server may have closed, and then what is read says so.
    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// All up to the next `end`, with it; fewer bytes when the server closes before.
    std::string until(std::string_view end) {
        while (input_.find(end) == std::string::npos && more()) continue;
        const auto at = input_.find(end);
        return take(at == std::string::npos ? input_.size() : at + end.size());
    }
    /// So many bytes; fewer when the server closes before.
    std::string take(std::size_t size) {
        while (input_.size() < size && more()) continue;
        auto taken = input_.substr(0, size);
        input_.erase(0, taken.size());
        return taken;
    }
    /// All that comes until the server closes.
    std::string rest() {
        while (more()) continue;
        return std::exchange(input_, {});
    }
    /// True as soon as there is something to read, or the server has closed.
    bool readable(std::chrono::milliseconds within) const {
        pollfd what{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        return ::poll(&what, 1, static_cast<int>(within.count())) > 0;
    }
    void close() { socket_.reset(); }

private:
    bool more() {
        if (!readable(std::chrono::minutes(1))) return false;
        char piece[16384];
        const auto size = ::recv(socket_.get(), piece, sizeof piece, 0);
        if (size > 0) input_.append(piece, static_cast<std::size_t>(size));
        return size > 0;
    }

    unique_fd socket_;
    std::string input_;
};

/// Waits a minute at most.
inline bool eventually(const std::function<bool()>& reached) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!reached()) {
        if (std::chrono::steady_clock::now() >= limit) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace mote::test
