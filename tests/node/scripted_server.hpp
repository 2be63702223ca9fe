#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace mote::node::detail {

namespace asio = boost::asio;

/// One connection that a function's process has, which does with it what the test says.
class scripted_peer {
public:
    using socket_type = asio::generic::stream_protocol::socket;

    scripted_peer(socket_type socket, std::size_t number) : socket_(std::move(socket)), number_(number) {}

    /// Counts from 1.
    std::size_t number() const noexcept { return number_; }

    /// Head and body of the next request, whose length its head says or which is chunked; empty when there is none any more.
    asio::awaitable<std::string> read_request() {
        std::size_t head = 0;
        while ((head = input_.find("\r\n\r\n")) == std::string::npos)
            if (!co_await more()) co_return std::string();
        head += 4;
        const auto text = input_.substr(0, head);
        std::size_t size = head;
        if (const auto at = text.find("Content-Length: "); at != std::string::npos)
            size += std::stoul(text.substr(at + 16));
        if (text.find("Transfer-Encoding: chunked") != std::string::npos) {
            std::size_t end = 0;
            while ((end = input_.find("0\r\n\r\n", head)) == std::string::npos)
                if (!co_await more()) co_return std::string();
            size = end + 5;
        }
        while (input_.size() < size)
            if (!co_await more()) co_return std::string();
        co_return take(size);
    }
    /// Only the head, and what came with it of the body stays.
    asio::awaitable<std::string> read_head() {
        std::size_t head = 0;
        while ((head = input_.find("\r\n\r\n")) == std::string::npos)
            if (!co_await more()) co_return std::string();
        co_return take(head + 4);
    }
    /// What has come, or comes next; empty at the end.
    asio::awaitable<std::string> read_some() {
        if (input_.empty()) co_await more();
        co_return std::exchange(input_, {});
    }
    asio::awaitable<void> send(std::string bytes) {
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::as_tuple(asio::deferred));
    }
    /// Returns when the other side has closed.
    asio::awaitable<void> wait_for_close() {
        // Not a co_await in the head of a `while`: g++ 12 makes an illegal instruction of that.
        for (;;) {
            const bool came = co_await more();
            if (!came) co_return;
            input_.clear();
        }
    }
    /// The same, and reads nothing.
    asio::awaitable<void> wait_without_reading() {
        while (socket_.is_open()) {
            pollfd look{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
            ::poll(&look, 1, 0);
            if ((look.revents & (POLLRDHUP | POLLERR | POLLHUP)) != 0) co_return;
            co_await pause(std::chrono::milliseconds(2));
        }
    }
    asio::awaitable<void> pause(std::chrono::milliseconds time) {
        asio::steady_timer timer(socket_.get_executor(), time);
        co_await timer.async_wait(asio::as_tuple(asio::deferred));
    }
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }
    /// The other side gets a reset.
    void reset() {
        boost::system::error_code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);
    }
    socket_type& socket() noexcept { return socket_; }

private:
    std::string take(std::size_t size) {
        auto front = input_.substr(0, size);
        input_.erase(0, size);
        return front;
    }
    asio::awaitable<bool> more() {
        std::string piece(65536, '\0');
        const auto [error, size] =
            co_await socket_.async_read_some(asio::buffer(piece), asio::as_tuple(asio::deferred));
        input_.append(piece, 0, size);
        co_return !error;
    }

    socket_type socket_;
    std::size_t number_;
    std::string input_{};
};

/// Listens on 127.0.0.1 or at a path, and does with each connection what the script says; it is closed when that ends.
class scripted_server {
public:
    using script = std::function<asio::awaitable<void>(scripted_peer&)>;

    scripted_server(asio::io_context& loop, script what, const std::string& path = {})
        : state_(std::make_shared<state>(loop, std::move(what))) {
        auto& acceptor = state_->acceptor;
        if (path.empty()) {
            const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
            acceptor.open(any.protocol());
            acceptor.bind(any);
        } else {
            const asio::local::stream_protocol::endpoint at(path);
            acceptor.open(at.protocol());
            acceptor.bind(at);
        }
        acceptor.listen();
        asio::co_spawn(loop, accept(state_), asio::detached);
    }
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;
    ~scripted_server() { stop(); }

    /// Listens no more, and closes all connections.
    void stop() {
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
        for (auto& peer : state_->peers) peer.close();
    }
    std::uint16_t port() const { return asio::ip::tcp::endpoint(*as_tcp()).port(); }
    std::size_t accepted() const noexcept { return state_->accepted; }
    std::size_t open() const noexcept { return state_->peers.size(); }

private:
    using protocol = asio::generic::stream_protocol;
    struct state {
        state(asio::io_context& loop, script given) : acceptor(loop), what(std::move(given)) {}

        asio::basic_socket_acceptor<protocol> acceptor;
        script what;
        std::list<scripted_peer> peers{};
        std::size_t accepted = 0;
    };

    std::optional<asio::ip::tcp::endpoint> as_tcp() const {
        const auto local = state_->acceptor.local_endpoint();
        asio::ip::tcp::endpoint endpoint;
        endpoint.resize(local.size());
        std::memcpy(endpoint.data(), local.data(), local.size());
        return endpoint;
    }
    static asio::awaitable<void> accept(std::shared_ptr<state> state) {
        for (;;) {
            auto [error, socket] = co_await state->acceptor.async_accept(asio::as_tuple(asio::deferred));
            if (error) co_return;
            state->peers.emplace_back(std::move(socket), ++state->accepted);
            asio::co_spawn(state->acceptor.get_executor(), serve(state, std::prev(state->peers.end())), asio::detached);
        }
    }
    static asio::awaitable<void> serve(std::shared_ptr<state> state, std::list<scripted_peer>::iterator peer) {
        try {
            co_await state->what(*peer);
        } catch (const std::exception&) {
            // What went wrong is seen on the other side.
        }
        state->peers.erase(peer);
    }

    std::shared_ptr<state> state_;
};

/// The bytes of an answer with a length.
inline std::string answer_of(std::string_view body, int status = 200, std::string_view more_headers = {}) {
    return "HTTP/1.1 " + std::to_string(status) + " Said So\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(more_headers) + "\r\n" + std::string(body);
}

inline asio::awaitable<void> answer_each(scripted_peer& peer, std::string bytes) {
    for (;;) {
        const auto asked = co_await peer.read_request();
        if (asked.empty()) co_return;
        co_await peer.send(bytes);
    }
}
/// Answers each request by the same bytes.
inline scripted_server::script always(std::string bytes) {
    return [bytes = std::move(bytes)](scripted_peer& peer) { return answer_each(peer, bytes); };
}

/// Answers with the request itself.
inline asio::awaitable<void> mirror(scripted_peer& peer) {
    for (;;) {
        const auto asked = co_await peer.read_request();
        if (asked.empty()) co_return;
        co_await peer.send(answer_of(asked));
    }
}

}  // namespace mote::node::detail
