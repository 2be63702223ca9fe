#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mote::nats::detail {

/// The byte stream under a connection. One reader and one writer at a time, all on the connection's executor.
class transport {
public:
    virtual ~transport() = default;

    /// Connects; throws `boost::system::system_error`.
    virtual boost::asio::awaitable<void> connect(std::string host, std::uint16_t port) = 0;
    /// At least one byte, or throws: `asio::error::eof` at the end.
    virtual boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into) = 0;
    /// Takes what goes without waiting and returns how many bytes that was. `failed` is `would_block` when not all went; the
    /// next call then begins with the bytes that were not taken, at least as many of them, wherever they lie then.
    virtual std::size_t try_write(std::string_view bytes, boost::system::error_code& failed) noexcept = 0;
    /// The same for bytes in three places, which go one behind the other. Takes none of them where they have to lie in one: TLS
    /// and WebSocket wrap them up.
    virtual std::size_t try_write_parts(const std::array<std::string_view, 3>& parts,
                                        boost::system::error_code& failed) noexcept;
    /// Returns when `try_write` is worth another call; throws when the stream is broken.
    virtual boost::asio::awaitable<void> wait_writable() = 0;
    /// Ends every wait with an error. Idempotent.
    virtual void close() noexcept = 0;
};

inline std::size_t transport::try_write_parts(const std::array<std::string_view, 3>&,
                                              boost::system::error_code&) noexcept {
    return 0;
}

/// A host with several addresses is tried at each of them: one that does not answer takes its share of `connect_timeout`, the
/// others have the rest. The whole is bounded by who calls.
std::unique_ptr<transport> make_tcp_transport(const boost::asio::any_io_executor& executor,
                                              std::chrono::milliseconds connect_timeout);

}  // namespace mote::nats::detail
