#pragma once

#include <apps/hackernews/counters.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace hackernews {

inline constexpr std::string_view public_api = "https://hacker-news.firebaseio.com/v0";

struct settings {
    std::string api{
        public_api};  ///< base address of the Hacker News API, http or https; without a path: `/v0` of that site
    std::size_t concurrency = 64;   ///< items asked of the API at once, 1 to 1024
    std::chrono::seconds every{0};  ///< fetch and sort by itself so often, first at the start; 0: only on request
    std::chrono::milliseconds upstream_timeout{10000};  ///< of one try of one request to the API
    unsigned upstream_retries = 2;                      ///< more tries after a time-out or a 5xx
    /// What time it is, for the last 24 hours and the name of the day's object. Empty: the clock.
    std::function<std::chrono::system_clock::time_point()> now{};
    /// Called after each item that is finished, on the connection's executor. It must not throw.
    std::function<void(const counters&)> on_progress{};
    /// Gets one line, without its end, for each item or refresh that failed. Empty: it goes to standard error.
    std::function<void(std::string_view)> log{};
};

/// One instance of the service HackerNews: its six endpoints (README.md), the KV bucket and the object store behind them.
///
///     auto hn = co_await hackernews::service::start(connection, settings);
///     ...
///     co_await hn->stop();
///
/// Belongs on the executor of the connection, which it does not close. Destroying it stops it without waiting.
class service {
public:
    /// Makes the buckets where they are missing and returns when the server knows the endpoints. Throws nats and jetstream
    /// errors (`jetstream::errc::not_enabled`), `std::invalid_argument` for settings out of their bounds.
    static boost::asio::awaitable<std::unique_ptr<service>> start(mote::nats::connection connection,
                                                                  settings chosen = {});
    service(const service&) = delete;
    service& operator=(const service&) = delete;
    ~service();

    /// Takes no more requests; returns when every id that was received is finished and stored. Throws micro
    /// `errc::drain_timeout` when some were still going on at the deadline.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds timeout = std::chrono::seconds(60));

    const counters& counted() const noexcept;
    const std::string& id() const noexcept;

private:
    struct state;
    explicit service(std::unique_ptr<state> made);
    std::unique_ptr<state> state_;
};

}  // namespace hackernews
