#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace mote::http::detail {

/// libcurl's multi interface on an Asio executor: it says which sockets and which time it waits for, Asio tells it when
/// they come. Transfers make progress, and `done` is called, from handlers of the executor only, never from `add`.
/// Owned by a shared_ptr, because handlers that are queued already may run after `close`.
class curl_multi : public std::enable_shared_from_this<curl_multi> {
public:
    using done_handler = std::function<void(CURL*, CURLcode)>;

    /// `done` gets each handle that has ended; it is removed from here already.
    curl_multi(boost::asio::any_io_executor executor, std::size_t max_connections, done_handler done);
    curl_multi(const curl_multi&) = delete;
    curl_multi& operator=(const curl_multi&) = delete;
    ~curl_multi();

    /// Starts the transfer. Throws `errc::transfer_failed`.
    void add(CURL* easy);
    /// Ends the transfer; `done` is not called for it.
    void remove(CURL* easy) noexcept;
    /// Closes all connections. All handles must have been removed.
    void close() noexcept;

private:
    using clock = std::chrono::steady_clock;
    struct watch;

    static int socket_callback(CURL* easy, curl_socket_t socket, int what, void* self, void* watch) noexcept;
    static int timer_callback(CURLM* multi, long timeout_ms, void* self) noexcept;

    void watch_socket(curl_socket_t socket, int interest);
    void forget_socket(curl_socket_t socket) noexcept;
    void set_timer(long timeout_ms);
    void arm_timer();
    void timer_fired();
    void kick();
    void act(curl_socket_t socket, int events);

    boost::asio::any_io_executor executor_;
    done_handler done_;
    CURLM* handle_ = nullptr;
    std::unordered_map<curl_socket_t, std::shared_ptr<watch>> watches_;
    boost::asio::steady_timer timer_;
    std::optional<clock::time_point> deadline_;  // when libcurl wants to be called
    std::optional<clock::time_point> armed_;  // when timer_ will fire; may be before deadline_, which saves re-arming
    bool kicked_ = false;                     // a call without delay is queued
};

}  // namespace mote::http::detail
