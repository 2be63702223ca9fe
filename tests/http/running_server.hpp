#pragma once

#include <tests/support/run_on.hpp>

#include <mote/http/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace mote::test {

/// The server under test on a thread of its own, so that a test can block in its sockets.
class running_server {
public:
    explicit running_server(http::server_handler handler, http::server_options options = {}) {
        server_ = std::make_unique<http::server>(loop_.get_executor(), std::move(options), std::move(handler));
        thread_ = std::thread([this] { loop_.run(); });
    }
    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    std::uint16_t port() const { return server_->port(); }
    http::server& get() { return *server_; }
    /// Runs on the server's thread and returns what comes back.
    template <class Work>
    auto on_loop(Work work) {
        return run_on(loop_, std::move(work));
    }
    ~running_server() {
        on_loop([this] {
            server_.reset();
            return 0;
        });
        work_.reset();
        thread_.join();
    }
    std::future<void> stop(std::chrono::nanoseconds patience) {
        return boost::asio::co_spawn(loop_, server_->stop(patience), boost::asio::use_future);
    }

private:
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
    std::unique_ptr<http::server> server_;
    std::thread thread_;
};

/// A peer of plain bytes. What does not come within a minute is an error of the test.
class raw_peer {
public:
    using tcp = boost::asio::ip::tcp;

    explicit raw_peer(std::uint16_t port) {
        socket_.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
        const timeval limit{.tv_sec = 60, .tv_usec = 0};
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }

    void send(std::string_view bytes) {
        boost::system::error_code ignored;  // the server may have closed; then what is read says so
        boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
    }
    void finish_sending() { socket_.shutdown(tcp::socket::shutdown_send); }
    void close() { socket_.close(); }
    /// Breaks off, with what is still on its way.
    void reset() {
        socket_.set_option(tcp::socket::linger(true, 0));
        socket_.close();
    }
    tcp::socket& socket() { return socket_; }

    /// Head and body of the next response, whose length the head says (or none, where `head_only`).
    std::string response(bool head_only = false) {
        while (input_.find("\r\n\r\n") == std::string::npos && more()) continue;
        const auto head = input_.find("\r\n\r\n");
        if (head == std::string::npos) return "incomplete: " + input_;
        std::size_t size = head + 4;
        const auto length = input_.find("Content-Length: ");
        if (!head_only && length != std::string::npos && length < head) size += std::stoul(input_.substr(length + 16));
        while (input_.size() < size && more()) continue;
        auto whole = input_.substr(0, size);
        input_.erase(0, whole.size());
        return whole;
    }
    /// All that comes until the server closes.
    std::string rest() {
        while (more()) continue;
        return std::exchange(input_, {});
    }

private:
    bool more() {
        std::string piece(65536, '\0');
        boost::system::error_code failed;
        const auto size = socket_.read_some(boost::asio::buffer(piece), failed);
        input_.append(piece, 0, size);
        return !failed;
    }

    boost::asio::io_context loop_;
    tcp::socket socket_{loop_};
    std::string input_;
};

inline int status_in(const std::string& response) {
    return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : -1;
}
inline std::string body_in(const std::string& response) {
    const auto end = response.find("\r\n\r\n");
    return end == std::string::npos ? std::string() : response.substr(end + 4);
}

inline void answer_ok(http::exchange& asked) { asked.respond(200, {}, "ok"); }

}  // namespace mote::test
