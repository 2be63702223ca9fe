#include <mote/nats/detail/websocket_transport.hpp>

#include <mote/nats/detail/tls_transport.hpp>
#include <mote/nats/detail/websocket_carrier.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::size_t max_frame_bytes = 32 * 1024;  // of payload
/// While HTTP is read: what is read beyond its end has to fit in Beast's buffer of frames, 1536 bytes.
constexpr std::size_t max_upgrade_read_bytes = 512;

/// Without what would make a mess of a log.
std::string printable(std::string_view text) {
    std::string clean(text);
    std::replace_if(
        clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return clean;
}

class websocket_transport final : public transport {
public:
    websocket_transport(const asio::any_io_executor& executor, std::shared_ptr<transport> plain,
                        websocket_target target)
        : plain_(std::move(plain)),
          target_(std::move(target)),
          carrier_(std::make_shared<websocket_carrier>(executor)),
          frames_(carrier_) {
        carrier_->put_on(plain_);
    }

    asio::awaitable<void> connect(std::string host, std::uint16_t port) override {
        co_await plain_->connect(std::move(host), port);
        if (target_.tls) {
            const std::shared_ptr<transport> secured =
                make_tls_transport(carrier_->executor(), plain_, target_.tls->options);
            carrier_->put_on(secured);
            co_await secured->connect(target_.tls->name, port);
        }
        carrier_->bound_reads(max_upgrade_read_bytes);
        co_await upgrade();
        carrier_->bound_reads(static_cast<std::size_t>(-1));
        upgraded_ = true;
    }

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into) override {
        for (;;) {
            if (read_failed_) throw_read_failure(read_failed_);
            const auto [failed, count] = co_await frames_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
            read_failed_ = failed;
            if (count != 0) co_return count;  // else a frame that is empty, or only the end of one
        }
    }

    std::size_t try_write(std::string_view bytes, boost::system::error_code& failed) noexcept override {
        std::size_t taken = 0;
        try {
            failed = carrier_->send();
            while (!failed && taken < bytes.size()) {
                const auto part = bytes.substr(taken, max_frame_bytes);
                frames_.write_some(true, asio::buffer(part.data(), part.size()), failed);
                if (failed) {  // the lower layer takes all: so it is that one side has closed
                    failed = asio::error::broken_pipe;
                    break;
                }
                taken += part.size();
                failed = carrier_->send();
            }
            if (taken == bytes.size() && websocket_carrier::is_would_block(failed)) failed = {};
        } catch (const std::exception&) {
            failed = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
        }
        return taken;
    }

    asio::awaitable<void> wait_writable() override { return carrier_->wait_until_sent(); }

    void close() noexcept override {
        if (std::exchange(closed_, true)) return;
        say_goodbye();
        carrier_->close();
    }

private:
    asio::awaitable<void> upgrade() {
        frames_.binary(true);
        frames_.auto_fragment(false);
        frames_.read_message_max(0);  // a message is read in parts, and need not fit in memory
        frames_.write_buffer_bytes(max_frame_bytes);
        if (target_.options.compression) {
            websocket::permessage_deflate deflate;
            deflate.client_enable = true;
            deflate.client_no_context_takeover = true;  // nats-server wants both
            deflate.server_no_context_takeover = true;
            frames_.set_option(deflate);
        }
        const auto add_headers = [headers = target_.options.headers](websocket::request_type& request) {
            for (const auto& [name, value] : headers) request.set(name, value);
        };
        frames_.set_option(websocket::stream_base::decorator(add_headers));
        websocket::response_type answer;
        const auto [failed] = co_await frames_.async_handshake(answer, target_.host_field, target_.path,
                                                               asio::as_tuple(asio::use_awaitable));
        if (failed) throw_upgrade_failure(failed, answer);
    }

    [[noreturn]] void throw_upgrade_failure(const boost::system::error_code& failed,
                                            const websocket::response_type& answer) const {
        if (closed_) throw boost::system::system_error(asio::error::operation_aborted);
        if (failed == websocket::error::upgrade_declined) {
            const auto reason = http::obsolete_reason(answer.result());
            throw_error(errc::connect_failed, "the server answers the WebSocket's upgrade with HTTP " +
                                                  std::to_string(answer.result_int()) + " " + std::string(reason));
        }
        if (failed == http::error::end_of_stream || failed == http::error::partial_message ||
            failed == asio::error::eof || failed == asio::error::connection_reset)
            throw_error(errc::connect_failed, "the server closed the connection in the WebSocket's upgrade");
        if (carrier_->failed_read()) std::rethrow_exception(carrier_->failed_read());
        if (failed == websocket::condition::handshake_failed)
            throw_error(errc::connect_failed, "no upgrade to WebSocket: " + failed.message());
        if (failed.category() == make_error_code(http::error::bad_version).category())
            throw_error(errc::connect_failed, "the server does not answer with HTTP: " + failed.message());
        throw boost::system::system_error(failed);
    }

    [[noreturn]] void throw_read_failure(const boost::system::error_code& failed) const {
        if (closed_) throw boost::system::system_error(asio::error::operation_aborted);
        if (failed == websocket::error::closed) {
            const auto& said = frames_.reason();
            std::string text = "the server closed the WebSocket";
            if (said.code != websocket::close_code::none) text += ": " + std::to_string(said.code);
            if (!said.reason.empty()) text += " " + printable({said.reason.data(), said.reason.size()});
            throw boost::system::system_error(asio::error::eof, text);
        }
        if (carrier_->failed_read()) std::rethrow_exception(carrier_->failed_read());  // it has a text, too
        if (failed == asio::error::operation_aborted) throw boost::system::system_error(failed);
        throw_error(errc::protocol_error, "WebSocket: " + failed.message());
    }

    /// A close frame, if there is room for it now: then the server sees an end that nobody can have cut off.
    void say_goodbye() noexcept {
        try {
            if (upgraded_ && !carrier_->is_broken() && frames_.is_open())
                frames_.async_close(websocket::close_code::normal, [](const boost::system::error_code&) {});
        } catch (const std::exception&) {  // then it goes without
            return;
        }
    }

    std::shared_ptr<transport> plain_;
    websocket_target target_;
    std::shared_ptr<websocket_carrier> carrier_;
    websocket::stream<websocket_lower_layer> frames_;
    boost::system::error_code read_failed_;  // for the next read
    bool upgraded_ = false;
    bool closed_ = false;
};

}  // namespace

std::shared_ptr<transport> make_websocket_transport(const asio::any_io_executor& executor,
                                                    std::shared_ptr<transport> plain, websocket_target target) {
    return std::make_shared<websocket_transport>(executor, std::move(plain), std::move(target));
}

}  // namespace mote::nats::detail
