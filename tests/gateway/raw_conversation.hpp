#pragma once

#include <tests/nats/live.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <string>
#include <utility>

namespace mote::test {

/// Plain bytes to a server, for what no client of ours would send, and for an answer that is read as it comes.
class raw_conversation {
public:
    static asio::awaitable<raw_conversation> begin(std::uint16_t port, std::string bytes) {
        asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
        const asio::ip::tcp::endpoint there(asio::ip::address_v4::loopback(), port);
        co_await socket.async_connect(there, asio::use_awaitable);
        co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
        co_return raw_conversation(std::move(socket));
    }
    /// All that came so far, once `text` is in it.
    asio::awaitable<std::string> read_until(std::string text) {
        while (!contains(all_, text)) {
            const bool more = co_await read_some();
            if (!more) break;
        }
        co_return all_;
    }
    asio::awaitable<std::string> read_all() {
        bool more = true;
        while (more) more = co_await read_some();
        co_return all_;
    }
    asio::awaitable<void> send(std::string bytes) {
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
    }
    void close() { socket_.close(); }
    /// Breaks off, with what is still on its way.
    void reset() {
        socket_.set_option(asio::ip::tcp::socket::linger(true, 0));
        socket_.close();
    }
    /// Why no more comes, once that is known.
    boost::system::error_code ended() const noexcept { return ended_; }
    std::uint16_t port() const { return socket_.local_endpoint().port(); }  ///< on this side

private:
    explicit raw_conversation(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
    asio::awaitable<bool> read_some() {
        char piece[4096];
        const auto size =
            co_await socket_.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ended_));
        all_.append(piece, size);
        co_return !ended_;
    }

    asio::ip::tcp::socket socket_;
    std::string all_;
    boost::system::error_code ended_;
};

}  // namespace mote::test
