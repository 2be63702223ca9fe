#pragma once

#include <mote/http/exchange.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mote::http {

namespace detail {
class server_core;
}

/// A request that no handler was asked for, as the server refused it itself. The views are good during the call.
struct refused_request {
    int status = 0;  ///< of the answer; of a connection past the bound with TLS, which gets none, what it would be
    std::string_view why{};
    std::string_view peer{};                 ///< as `exchange::peer`
    std::string_view method{};               ///< as far as the head could be read; else empty
    std::string_view path{};                 ///< the same
    std::span<const header_view> headers{};  ///< the same
    std::uint64_t received = 0;              ///< bytes of its body
    std::uint64_t sent = 0;                  ///< bytes of the answer's body
};

/// How a server behaves. All times have a grain of a quarter of the shortest of them, at most 1 s.
struct server_options {
    std::string address = "127.0.0.1";  // to listen on; `::` for all, IPv4 too
    std::uint16_t port = 0;             // 0: a free one, see `server::port`
    bool reuse_port = false;            // several servers, one a thread, on one port

    std::size_t max_head = 8192;           // bytes of request line and headers; past it: 431
    std::size_t max_target = 4096;         // bytes; past it: 414
    std::size_t max_headers = 100;         // past it: 431
    std::size_t max_body = 1024 * 1024;    // bytes of a body that is kept whole; past it: 413
    std::size_t max_connections = 10'000;  // past it: 503 with Retry-After, and closed
    std::size_t max_in_flight = 65'536;    // requests that a handler works on; past it: 429 with Retry-After

    std::chrono::milliseconds head_timeout{10'000};  // from the first byte to the end of the head, and for TLS: 408
    /// Of waiting for each `body_progress` bytes of a body, or for the rest of it: 408. What the handler does meanwhile does
    /// not count, nor the time in which it does not ask for more.
    std::chrono::milliseconds body_timeout{30'000};
    std::size_t body_progress = 256;                  // bytes; so one byte now and then holds no connection. At least 1
    std::chrono::milliseconds idle_timeout{75'000};   // between two requests: closed
    std::chrono::milliseconds write_timeout{30'000};  // without a byte of a response taken: closed
    std::chrono::milliseconds linger{2'000};          // for the peer to read the last response of a connection

    std::string certificate_file{};  // PEM, a chain; with `key_file`: TLS 1.2 or newer
    std::string key_file{};          // PEM

    /// Told what a handler threw that is no `status_error`; the peer gets a 500 that does not say it. It must not throw.
    std::function<void(std::string_view)> on_failure{};
    /// Told of each request that the server refused itself. It must not throw.
    std::function<void(const refused_request&)> on_refusal{};
};

/// What answers requests: a function, or a coroutine. By the signature:
///
/// | handler | when it is called |
/// | --- | --- |
/// | `void(exchange&)` | with the whole body, which is at most `max_body`; it answers before it returns: the fast path |
/// | `awaitable<void>(exchange&)` | as soon as the head is there; it reads the body and may stream the response |
/// | `awaitable<response>(exchange&)` | the same, and answers with what it returns |
///
/// Before one of the last two a `bool(exchange&)` may be asked: true when it has answered, or has left the request open
/// (`exchange::leave_open`); false, with nothing done to the request, for the other one.
class server_handler {
public:
    using function = std::function<void(exchange&)>;
    using coroutine = std::function<boost::asio::awaitable<void>(exchange&)>;

    template <class Handler>
        requires std::invocable<Handler&, exchange&> && (!std::same_as<std::decay_t<Handler>, server_handler>)
    server_handler(Handler handler) {
        using result = std::invoke_result_t<Handler&, exchange&>;
        if constexpr (std::is_void_v<result>) {
            function_ = std::move(handler);
        } else if constexpr (std::same_as<result, boost::asio::awaitable<response>>) {
            coroutine_ = [handler = std::move(handler)](exchange& asked) mutable {
                return answer(handler(asked), asked);
            };
        } else {
            static_assert(std::same_as<result, boost::asio::awaitable<void>>, "not a handler of requests");
            coroutine_ = std::move(handler);
        }
    }

    /// A coroutine for those requests that `first` does not take.
    server_handler(std::function<bool(exchange&)> first, server_handler otherwise)
        : server_handler(std::move(otherwise)) {
        first_ = std::move(first);
    }

    /// `answers` is asked for those requests that are past `max_in_flight`, and answers at once: true; false: they get 429.
    server_handler with_full(std::function<bool(exchange&)> answers) && {
        full_ = std::move(answers);
        return std::move(*this);
    }

    const function& plain() const noexcept { return function_; }  ///< empty when it is a coroutine
    const coroutine& awaited() const noexcept { return coroutine_; }
    const std::function<bool(exchange&)>& first() const noexcept { return first_; }  ///< mostly empty
    const std::function<bool(exchange&)>& full() const noexcept { return full_; }    ///< the same

private:
    static boost::asio::awaitable<void> answer(boost::asio::awaitable<response> work, exchange& asked) {
        const response whole = co_await std::move(work);
        asked.respond(whole);
    }

    function function_;
    coroutine coroutine_;
    std::function<bool(exchange&)> first_;
    std::function<bool(exchange&)> full_;
};

/// An HTTP/1.1 server, for one thread: keep-alive, pipelining (answered in order), chunked bodies both ways, 100-continue,
/// HTTP/1.0, TLS. Strict: whatever a proxy could read in another way is refused with 400 and the connection closed. It
/// switches to no other protocol: `Upgrade` is passed over.
///
///     mote::http::server server(executor, {.port = 8080}, [](mote::http::exchange& asked) {
///         asked.respond(200, {{"Content-Type", "text/plain"}}, "hello\n");
///     });
///
/// Construct, use and destroy it on `executor`'s thread; it must not outlive the execution context.
class server {
public:
    /// Listens at once. Throws `boost::system::system_error` with the address when it cannot, or for wrong certificates.
    server(boost::asio::any_io_executor executor, server_options options, server_handler handler);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    /// Closes everything at once and cancels the handlers. They must not use what is destroyed next: `stop` first.
    ~server();

    std::uint16_t port() const noexcept;

    /// Takes no more connections and no more requests, closes the idle ones, and returns when all requests in flight are
    /// answered. Those that are not within `patience` are cancelled and their connections closed.
    boost::asio::awaitable<void> stop(std::chrono::nanoseconds patience);

    std::size_t connections() const noexcept;  ///< open now
    std::size_t in_flight() const noexcept;    ///< requests that a handler works on now
    std::uint64_t requests() const noexcept;   ///< answered in any way since the start

private:
    std::shared_ptr<detail::server_core> core_;
};

}  // namespace mote::http
