#pragma once

#include <tests/support/deadline.hpp>
#include <tests/support/loopback.hpp>
#include <tests/support/unique_fd.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>

namespace mote::test {

/// One connection to a scripted server, as its script sees it. Blocking; every wait is bounded by 10 s.
class scripted_link {
public:
    explicit scripted_link(unique_fd socket) : socket_(std::move(socket)) {}

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0) throw std::runtime_error("the client has closed");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// What one read gives; empty at the end of the connection.
    std::string read_some() {
        pollfd wanted{socket_.get(), POLLIN, 0};
        if (::poll(&wanted, 1, 10000) != 1) throw std::runtime_error("nothing came");
        std::string bytes(256 * 1024, '\0');
        const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }
    /// Reads until `text` has come, and returns all up to its end.
    std::string read_until(std::string_view text) {
        for (;;) {
            if (const auto at = unread_.find(text); at != std::string::npos) {
                auto before = unread_.substr(0, at + text.size());
                unread_.erase(0, before.size());
                return before;
            }
            const auto more = read_some();
            if (more.empty()) throw std::runtime_error("the client closed before it sent " + std::string(text));
            unread_ += more;
        }
    }
    /// Reads to the end of the connection.
    std::string read_all() {
        for (std::string more = read_some(); !more.empty(); more = read_some()) unread_ += more;
        return std::exchange(unread_, {});
    }
    /// INFO, then CONNECT and PING, then PONG. Returns the client's CONNECT.
    std::string greet(std::string_view info =
                          R"({"server_id":"S","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576})") {
        send("INFO " + std::string(info) + "\r\n");
        auto hello = read_until("PING\r\n");
        send("PONG\r\n");
        return hello;
    }

private:
    unique_fd socket_;
    std::string unread_;
};

/// A server on 127.0.0.1 that does to each connection what a script says, one after the other, in a thread of its own. For
/// what a real server cannot be made to do. A script that fails fails the test.
class scripted_server {
public:
    /// `number` counts the connections from 1. The connection is closed when the script returns.
    using script = std::function<void(scripted_link& link, int number)>;

    explicit scripted_server(script each) : listener_(listen_loopback(0)), port_(local_port(listener_.get())) {
        thread_ = std::thread([this, each = std::move(each)] { serve(each); });
    }
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;
    ~scripted_server() {
        stop_ = true;
        thread_.join();
    }

    std::uint16_t port() const noexcept { return port_; }
    std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
    /// Connections that were made so far.
    int connections() const noexcept { return connections_; }

private:
    void serve(const script& each) {
        while (!stop_) {
            pollfd wanted{listener_.get(), POLLIN, 0};
            if (::poll(&wanted, 1, 10) != 1) continue;
            scripted_link link{unique_fd(::accept(listener_.get(), nullptr, nullptr))};
            try {
                each(link, ++connections_);
            } catch (const std::exception& failed) {
                if (!stop_) ADD_FAILURE() << "scripted server, connection " << connections_ << ": " << failed.what();
            }
        }
    }

    unique_fd listener_;
    std::uint16_t port_;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace mote::test
