#pragma once

#include <mote/http/error.hpp>
#include <mote/http/message.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::http {

namespace detail {
class engine;
}

/// How a client behaves. A body, a header list or a time beyond its bound fails that one request only.
struct client_options {
    std::size_t max_connections = 64;  // to all hosts together, and requests in flight; at least 1
    std::size_t max_waiting =
        65536;  // further requests, in line or before another try; past it: errc::waiting_line_full
    std::chrono::milliseconds connect_timeout{5000};  // name, TCP and TLS of one try; at least 1 ms
    std::chrono::milliseconds timeout{10000};         // one try, from the start of its transfer; at least 1 ms
    std::size_t max_body = 8 * 1024 * 1024;           // bytes of a response
    unsigned retries = 2;                             // further tries after the first
    std::chrono::milliseconds retry_backoff{250};  // before the first of them; then doubled up to 30 s; ±50 % by chance
    std::string user_agent = "mote";
    std::string ca_file{};  // PEM; empty: $SSL_CERT_FILE, else the system's
    bool http2 = true;      // over TLS, where the server offers it
    std::optional<std::string>
        proxy{};  // absent: https_proxy, HTTPS_PROXY, http_proxy, ...; empty: none; no_proxy counts
};

/// An HTTP client: keeps connections, shares them by HTTP/2, checks certificates, tries again what is safe to try again.
///
///     mote::http::client client(executor);
///     const auto response = co_await client.get("https://example.org/");
///
/// One executor, one thread: construct, use and destroy it on `executor`'s; it must not outlive the execution context.
/// Requests may be cancelled by their coroutine's cancellation slot: then the transfer ends at once.
///
/// Tried again, at most `retries` times: GET and HEAD after a time-out, a failed or lost connection and a status of
/// 500..599; other methods only after an error before anything was sent. The caller gets what the last try gave.
/// GET and HEAD follow up to 5 redirects, to http and https only and never from https to http.
class client {
public:
    /// Throws `errc::bad_request` for a `user_agent` that cannot be sent.
    explicit client(boost::asio::any_io_executor executor, client_options options = {});
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    /// As `stop()`.
    ~client();

    /// The response, whatever its status. Throws `boost::system::system_error` with an `errc`, or `operation_aborted`
    /// when cancelled.
    boost::asio::awaitable<response> get(std::string url);
    boost::asio::awaitable<response> send(request what);

    /// Ends all requests with `errc::closed`, later ones too, and closes all connections. Does not wait.
    void stop() noexcept;

    std::size_t in_flight() const noexcept;  ///< requests that have a transfer now
    std::size_t waiting() const noexcept;    ///< requests in line or before another try
    std::uint64_t retried() const noexcept;  ///< further tries since the start

private:
    std::shared_ptr<detail::engine> engine_;
};

}  // namespace mote::http
