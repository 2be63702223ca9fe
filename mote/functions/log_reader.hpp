#pragma once

#include <mote/functions/log_line.hpp>
#include <mote/functions/log_store.hpp>
#include <mote/functions/name.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::functions {

/// Which lines of which function.
struct log_query {
    function_name function{};
    std::optional<std::chrono::system_clock::time_point> since{};  ///< that were stored then or later
    int tail = 0;            ///< only the last ones that are there; 0 or less: all
    bool follow = false;     ///< goes on with the lines that come
    std::string instance{};  ///< of this replica only; empty: of all
};

/// Reads a function's log in the order in which it was stored, every line once, over reconnects and restarts of the
/// server. Memory: 8 bytes for each line of `tail`, and a window that the server keeps to. What others have put into the
/// stream and is no line of the function is left out.
///
///     log_query query;
///     query.function = name;
///     auto lines = co_await log_reader::open(store, query);
///     while (auto line = co_await lines.next()) print(*line);
///
/// One coroutine at a time; on the connection's executor. Move-only.
class log_reader {
public:
    /// Throws what jetstream::context and ordered_consumer do.
    static boost::asio::awaitable<log_reader> open(log_store store, log_query query);
    log_reader(log_reader&&) noexcept;
    log_reader& operator=(log_reader&&) noexcept;
    ~log_reader();

    /// The next line; nothing at the end: without `follow` when all is handed out that was there when it was opened (at
    /// once when there was none), and after `stop`. Throws `jetstream::errc::stream_not_found`, `nats::errc::closed`;
    /// without `follow` `nats::errc::timeout`, when nothing comes for 30 s.
    boost::asio::awaitable<std::optional<log_line>> next();
    /// Ends it: a `next` that waits gives nothing. Any number of times.
    void stop() noexcept;

    /// Messages that were no lines of the function.
    std::uint64_t unreadable() const noexcept;

private:
    struct state;
    explicit log_reader(std::shared_ptr<state> made);
    std::shared_ptr<state> state_;  // shared with a `next` under way
};

}  // namespace mote::functions
