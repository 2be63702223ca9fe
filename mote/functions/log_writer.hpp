#pragma once

#include <mote/functions/log_store.hpp>
#include <mote/functions/name.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace mote::functions {

struct log_writer_options {
    std::size_t max_line = std::size_t{64} * 1024;  ///< bytes of a line, at most this; longer ones are cut, with a mark
    /// What waits to be stored, of all functions. One replica may have a quarter of it; what is over is dropped, and a
    /// line in its place says how many lines were.
    std::size_t max_queued_lines = 20'000;
    std::size_t max_queued_bytes = std::size_t{16} * 1024 * 1024;
    std::size_t max_in_flight = 256;  ///< lines that were sent and are not confirmed
};

/// Counted in lines since the writer was made.
struct log_writer_stats {
    std::uint64_t appended = 0;  ///< all, those that were dropped too
    std::uint64_t stored = 0;    ///< confirmed by the stream; with those that say how many were dropped
    std::uint64_t dropped = 0;   ///< with no place in the queue, refused by the stream, or after `stop`
    std::uint64_t retries = 0;   ///< times that one had to be sent again
    std::size_t queued = 0;      ///< not sent yet, or to be sent again
    std::size_t in_flight = 0;
    boost::system::error_code last_failure{};  ///< of a line to be stored, whether that was mended or not
};

/// Stores the lines of a node's functions in the background. While the server is away lines wait, within the bounds; then
/// it goes on where it was. Each line is stored at least once. Those that were under way when the server died or the stream
/// went may come twice, and behind later ones; each has its time.
///
/// On the connection's executor. Move-only. What waits is lost when it is destroyed without `stop`.
class log_writer {
public:
    explicit log_writer(log_store store, log_writer_options opts = log_writer_options());
    log_writer(log_writer&&) noexcept;
    log_writer& operator=(log_writer&&) noexcept;
    ~log_writer();

    /// Takes one line, given without its end. Never waits and does not throw for what becomes of it: see the statistics.
    /// `text` may be any bytes: what is not UTF-8 becomes U+FFFD. Of `instance` 128 bytes count.
    void append(const function_name& function, std::string_view instance, std::string_view text,
                std::chrono::system_clock::time_point time = std::chrono::system_clock::now());

    /// Takes no more lines and waits until all are stored, for at most `timeout`. Returns how many were not; they may be
    /// stored or not, and are not sent again.
    boost::asio::awaitable<std::size_t> stop(std::chrono::nanoseconds timeout);

    log_writer_stats stats() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;  // shared with the publishes on their way
};

}  // namespace mote::functions
