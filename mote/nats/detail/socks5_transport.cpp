#include <mote/nats/detail/socks5_transport.hpp>

#include <mote/nats/error.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <utility>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;

class socks5_transport final : public transport {
public:
    socks5_transport(std::shared_ptr<transport> plain, socks5_proxy proxy)
        : plain_(std::move(plain)), proxy_(std::move(proxy)) {}

    asio::awaitable<void> connect(std::string host, std::uint16_t port) override {
        socks5_handshake handshake(host, port, proxy_.login);
        try {
            co_await plain_->connect(proxy_.host, proxy_.port);
        } catch (const boost::system::system_error& failed) {
            throw_failure("cannot reach the proxy", failed.code());
        }
        try {
            co_await talk(handshake);
        } catch (const boost::system::system_error& failed) {
            if (failed.code() == errc::proxy_failed) throw;
            throw_failure("the proxy closed the connection", failed.code());
        }
    }

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into) override { return plain_->read_some(into); }
    std::size_t try_write(std::string_view bytes, boost::system::error_code& failed) noexcept override {
        return plain_->try_write(bytes, failed);
    }
    std::size_t try_write_parts(const std::array<std::string_view, 3>& parts,
                                boost::system::error_code& failed) noexcept override {
        return plain_->try_write_parts(parts, failed);
    }
    asio::awaitable<void> wait_writable() override { return plain_->wait_writable(); }
    void close() noexcept override { plain_->close(); }

private:
    asio::awaitable<void> talk(socks5_handshake& handshake) {
        std::array<char, 512> input{};
        for (;;) {
            const auto output = handshake.take_output();
            co_await send(output);
            if (handshake.wanted() == 0) co_return;
            const auto room = asio::buffer(input.data(), std::min(input.size(), handshake.wanted()));
            const auto count = co_await plain_->read_some(room);
            handshake.feed({input.data(), count});
        }
    }

    asio::awaitable<void> send(std::string bytes) {
        for (std::string_view rest = bytes; !rest.empty();) {
            boost::system::error_code failed;
            rest.remove_prefix(plain_->try_write(rest, failed));
            if (failed && failed != asio::error::would_block && failed != asio::error::try_again)
                throw boost::system::system_error(failed);
            if (!rest.empty()) co_await plain_->wait_writable();
        }
    }

    [[noreturn]] void throw_failure(const std::string& what, const boost::system::error_code& failed) const {
        if (failed == asio::error::operation_aborted) throw boost::system::system_error(failed);  // we closed it
        const std::string why = failed == asio::error::eof ? std::string() : ": " + failed.message();
        throw_error(errc::proxy_failed,
                    what + " (" + proxy_.host + ", port " + std::to_string(proxy_.port) + ")" + why);
    }

    std::shared_ptr<transport> plain_;
    socks5_proxy proxy_;
};

}  // namespace

std::shared_ptr<transport> make_socks5_transport(std::shared_ptr<transport> plain, socks5_proxy proxy) {
    return std::make_shared<socks5_transport>(std::move(plain), std::move(proxy));
}

}  // namespace mote::nats::detail
