#pragma once

#include <mote/http/message.hpp>
#include <mote/node/detail/http_exchange.hpp>
#include <mote/node/error.hpp>
#include <mote/node/watchdog_settings.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace mote::node::detail {

struct upstream_options {
    std::size_t max_connections = 1024;                             // at once; more requests wait in line, in order
    std::size_t max_waiting = 4096;                                 // more of those fail with errc::upstream_busy
    std::size_t max_idle = 256;                                     // of them kept while nobody asks
    std::chrono::nanoseconds idle_time = std::chrono::seconds(30);  // then it is closed, at most half of it later
};

/// The client of one function's process: HTTP/1.1 to a port of this machine or to a unix socket, over connections that are
/// kept, with one request at a time on each. Nothing is followed, decompressed or cached.
///
/// On the thread of its executor only. Cancelling the coroutine that waits closes its connection at once. Errors are those
/// of `node::errc`, and `operation_aborted` for who was cancelled.
///
/// A kept connection that the process closed meanwhile is found before it is used. One that breaks later, before any byte of
/// the answer came, is replaced once by a fresh one where the request can be sent again: its method is idempotent, or the
/// process did not read it (a reset, of a request of at most 4 KiB), and no piece of a streamed body is gone.
class http_upstream {
public:
    http_upstream(boost::asio::any_io_executor executor, upstream_address where, upstream_options options = {});
    http_upstream(const http_upstream&) = delete;
    http_upstream& operator=(const http_upstream&) = delete;
    /// Cuts what is in flight: those who wait get `errc::closed`.
    ~http_upstream();

    /// Sends a request with a body that is in memory, and returns an answer of at most `whole_limit` bytes whole. One that is
    /// larger, or without a length and with an end that is not here yet, is handed back open, with what came of it.
    /// The views must stay good until this returns.
    boost::asio::awaitable<upstream_answer> send(upstream_request asked, std::string_view body,
                                                 std::size_t whole_limit = 65536);

    /// Begins a request whose body comes piece by piece; without a length it goes in chunks. The head waits for the first
    /// piece or for `finish`. The views must stay good until this returns.
    boost::asio::awaitable<http_exchange> open(upstream_request asked, std::optional<std::uint64_t> length);

    /// Returns when the process takes a connection, which is kept. Throws `errc::upstream_refused`, once: it does not try
    /// again until there is one.
    boost::asio::awaitable<void> connect(std::chrono::steady_clock::time_point deadline);

    /// Takes no more requests (`errc::closed`) and closes idle connections; what is in flight goes on.
    void close() noexcept;

    std::size_t in_flight() const noexcept;
    std::size_t idle() const noexcept;
    std::size_t waiting() const noexcept;
    std::uint64_t connections_made() const noexcept;  ///< since the beginning

private:
    std::shared_ptr<upstream_pool> pool_;
};

}  // namespace mote::node::detail
