#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mote::http::detail {

class server_connection;

/// The bytes of a connection, in plain text or over TLS. What is started tells the connection when it has ended, by its
/// `on_open`, `on_readable`, `on_read`, `on_written` and `on_shut`; at most one of each at a time. The connection is held until then.
class server_stream {
public:
    using holder = std::shared_ptr<server_connection>;

    /// `peer`: address of the other end, or empty.
    explicit server_stream(std::string peer) noexcept : peer_(std::move(peer)) {}
    server_stream(const server_stream&) = delete;
    server_stream& operator=(const server_stream&) = delete;
    virtual ~server_stream() = default;

    virtual void open(holder connection) = 0;
    /// Waits in place of `read`, so that there need be no buffer yet. False where it cannot be known what is there to read.
    virtual bool wait(holder connection) = 0;
    /// What is there now, after `on_readable`.
    virtual std::size_t read_now(std::span<char> into, boost::system::error_code& failed) = 0;
    virtual void read(holder connection, std::span<char> into) = 0;
    /// What goes out without waiting; 0 also when it is better to `write`.
    virtual std::size_t write_now(std::string_view bytes, boost::system::error_code& failed) = 0;
    /// Some of the bytes.
    virtual void write(holder connection, std::string_view bytes) = 0;
    /// Says that nothing more will be written.
    virtual void shut(holder connection) = 0;
    virtual void close() noexcept = 0;
    /// Closes in a way that the peer sees to be no end: with a reset and, over TLS, without a close_notify.
    virtual void reset() noexcept = 0;
    /// True when the peer has closed his side or has broken off, as far as the socket knows it: also behind what is not read.
    virtual bool ended() noexcept = 0;

    const std::string& peer() const noexcept { return peer_; }

private:
    std::string peer_;
};

/// Of the other end, in numbers and without its port; empty when it has gone.
std::string address_of(const boost::asio::ip::tcp::socket& socket);

std::unique_ptr<server_stream> make_plain_stream(boost::asio::ip::tcp::socket socket);
std::unique_ptr<server_stream> make_tls_stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context);

/// A context of TLS 1.2 or newer with these files. Throws `boost::system::system_error` that names the file.
std::unique_ptr<boost::asio::ssl::context> make_tls_context(const std::string& certificate, const std::string& key);

}  // namespace mote::http::detail
