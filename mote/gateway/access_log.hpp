#pragma once

#include <mote/gateway/log_sink.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mote::gateway {

namespace detail {
class line_buffer;
}

/// One request that was answered, or refused. Of what is empty the line says nothing.
struct access_record {
    std::chrono::system_clock::time_point time{};  ///< when the head was there
    std::string_view peer{};
    std::string_view method{};
    std::string_view path{};      ///< `http::exchange::path`: without the query, of which nothing is written
    int status = 0;               ///< zero: none was sent, the peer had gone
    std::uint64_t bytes_in = 0;   ///< of the body
    std::uint64_t bytes_out = 0;  ///< of the body
    std::chrono::nanoseconds duration{0};
    std::string_view call_id{};   ///< `X-Call-Id`
    std::string_view function{};  ///< `name.namespace`
    std::string_view user_agent{};
    std::string_view user{};    ///< who was let in, see `verdict::who`
    std::string_view reason{};  ///< why the listener refused it, before it was anybody's
};

/// A JSON object with a line break behind it, at most `max_access_line` bytes:
///
///     {"time":"2026-11-25T10:00:00.123Z","peer":"127.0.0.1","method":"POST","path":"/function/echo","status":200,
///      "bytes_in":2,"bytes_out":2,"duration_ms":0.412,"call_id":"...","function":"echo.openfaas-fn","user_agent":"..."}
///
/// (in one line). Nothing but the members of the record is in it: no query, as its values may be secrets, no header but
/// `User-Agent` and `X-Call-Id`, no body. Control characters are escaped, those beyond ASCII too; bytes that are no UTF-8
/// become U+FFFD; a text that is too long is cut and ends in `...`.
std::string access_line(const access_record& of);
inline constexpr std::size_t max_access_line = 4096;

struct access_log_options {
    std::chrono::milliseconds delay{1000};          ///< a line waits at most that long
    std::size_t flush_at = std::size_t{64} * 1024;  ///< bytes; written at once when so many wait
    std::size_t max_waiting =
        std::size_t{256} * 1024;  ///< bytes that the sink did not take yet; past it lines are dropped
};

/// Writes a line for each request, many at a time. When the sink does not take them (a full pipe, a full disk) they wait up
/// to `max_waiting` bytes, and it is asked again every `delay`; what comes then is dropped and counted, and a line
/// `{"time":...,"dropped":n}` says so as soon as there is room. A request waits for no more than one write.
///
/// On the executor's thread only. The destructor offers what waits once more.
class access_log {
public:
    access_log(const boost::asio::any_io_executor& executor, log_sink sink,
               access_log_options opts = access_log_options());
    access_log(const access_log&) = delete;
    access_log& operator=(const access_log&) = delete;
    ~access_log();

    void add(const access_record& one);
    /// Offers what waits now.
    void flush();

    std::uint64_t dropped() const noexcept;  ///< lines since the start
    std::size_t waiting() const noexcept;    ///< bytes

private:
    std::shared_ptr<detail::line_buffer> lines_;
};

}  // namespace mote::gateway
