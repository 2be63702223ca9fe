#include <mote/http/detail/server_stream.hpp>

#include <mote/http/detail/server_connection.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/system_error.hpp>
#include <poll.h>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

/// Asio's reactor does not tell it before all is read that came earlier.
bool has_ended(tcp::socket& socket) noexcept {
    pollfd asked{.fd = socket.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/// What is not sent yet, and what the peer has not taken, goes with it.
void break_off(tcp::socket& socket) noexcept {
    error_code ignored;
    socket.set_option(tcp::socket::linger(true, 0), ignored);
    socket.close(ignored);
}

class plain_stream final : public server_stream {
public:
    explicit plain_stream(tcp::socket socket) : server_stream(address_of(socket)), socket_(std::move(socket)) {
        error_code ignored;  // then writes wait, and are as right
        socket_.non_blocking(true, ignored);
    }

    void open(holder connection) override { connection->on_open({}); }

    bool wait(holder connection) override {
        socket_.async_wait(tcp::socket::wait_read, [connection = std::move(connection)](const error_code& failed) {
            connection->on_readable(failed);
        });
        return true;
    }

    std::size_t read_now(std::span<char> into, error_code& failed) override {
        return socket_.read_some(asio::buffer(into.data(), into.size()), failed);
    }

    void read(holder connection, std::span<char> into) override {
        socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                [connection = std::move(connection)](const error_code& failed, std::size_t size) {
                                    connection->on_read(failed, size);
                                });
    }

    std::size_t write_now(std::string_view bytes, error_code& failed) override {
        const auto size = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), failed);
        if (failed == asio::error::would_block) failed.clear();
        return size;
    }

    void write(holder connection, std::string_view bytes) override {
        socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()),
                                 [connection = std::move(connection)](const error_code& failed, std::size_t size) {
                                     connection->on_written(failed, size);
                                 });
    }

    void shut(holder connection) override {
        error_code failed;
        socket_.shutdown(tcp::socket::shutdown_send, failed);
        connection->on_shut(failed, server_connection::after_shut::linger);
    }

    void close() noexcept override {
        error_code ignored;
        socket_.close(ignored);
    }

    void reset() noexcept override { break_off(socket_); }

    bool ended() noexcept override { return has_ended(socket_); }

private:
    tcp::socket socket_;
};

class tls_stream final : public server_stream {
public:
    tls_stream(tcp::socket socket, asio::ssl::context& context)
        : server_stream(address_of(socket)), stream_(std::move(socket), context) {}

    void open(holder connection) override {
        stream_.async_handshake(
            asio::ssl::stream_base::server,
            [connection = std::move(connection)](const error_code& failed) { connection->on_open(failed); });
    }

    bool wait(holder) override { return false; }  // what is there may be in OpenSSL's hands

    std::size_t read_now(std::span<char>, error_code&) override { return 0; }

    void read(holder connection, std::span<char> into) override {
        stream_.async_read_some(asio::buffer(into.data(), into.size()),
                                [connection = std::move(connection)](const error_code& failed, std::size_t size) {
                                    connection->on_read(failed, size);
                                });
    }

    std::size_t write_now(std::string_view, error_code&) override { return 0; }

    void write(holder connection, std::string_view bytes) override {
        stream_.async_write_some(asio::buffer(bytes.data(), bytes.size()),
                                 [connection = std::move(connection)](const error_code& failed, std::size_t size) {
                                     connection->on_written(failed, size);
                                 });
    }

    // Sends close_notify, and ends when the peer's has come.
    void shut(holder connection) override {
        stream_.async_shutdown([connection = std::move(connection)](const error_code& failed) {
            connection->on_shut(failed, server_connection::after_shut::close);
        });
    }

    void close() noexcept override {
        error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    void reset() noexcept override { break_off(stream_.next_layer()); }

    bool ended() noexcept override { return has_ended(stream_.next_layer()); }

private:
    asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::string address_of(const tcp::socket& socket) {
    error_code failed;
    const auto end = socket.remote_endpoint(failed);
    return failed ? std::string() : end.address().to_string();
}

std::unique_ptr<server_stream> make_plain_stream(tcp::socket socket) {
    return std::make_unique<plain_stream>(std::move(socket));
}

std::unique_ptr<server_stream> make_tls_stream(tcp::socket socket, asio::ssl::context& context) {
    return std::make_unique<tls_stream>(std::move(socket), context);
}

std::unique_ptr<asio::ssl::context> make_tls_context(const std::string& certificate, const std::string& key) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    // Idle connections give their buffers back; a renegotiation is only a way to make a server work.
    SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
    error_code failed;
    context->use_certificate_chain_file(certificate, failed);
    if (failed) throw boost::system::system_error(failed, "the certificate " + certificate);
    context->use_private_key_file(key, asio::ssl::context::pem, failed);
    if (failed) throw boost::system::system_error(failed, "the key " + key);
    if (SSL_CTX_check_private_key(context->native_handle()) != 1)
        throw boost::system::system_error(asio::error::invalid_argument, key + " is not the key of " + certificate);
    return context;
}

}  // namespace mote::http::detail
