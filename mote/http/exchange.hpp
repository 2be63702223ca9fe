#pragma once

#include <mote/http/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace mote::http {

namespace detail {
class server_connection;
}

/// Thrown by a handler, answers the request with a status of 400..599 and a line of text that says why.
class status_error : public std::runtime_error {
public:
    status_error(int status, const std::string& why) : std::runtime_error(why), status_(status) {}
    int status() const noexcept { return status_; }

private:
    int status_;
};

/// Who answers a request after his handler has returned (`exchange::leave_open`).
class open_handler {
public:
    /// The peer has gone, or the server ends: some time after that, unless the request has ended meanwhile. It has to be ended still.
    virtual void on_gone() noexcept = 0;

protected:
    open_handler() = default;
    open_handler(const open_handler&) = default;
    open_handler& operator=(const open_handler&) = default;
    ~open_handler() = default;
};

/// The end of a request that was left open: one of the two members is to be called, once. Until then the connection is kept. On the
/// thread of the server's executor.
class open_request {
public:
    open_request() = default;
    explicit open_request(std::shared_ptr<detail::server_connection> of) noexcept : of_(std::move(of)) {}

    /// As the return of a handler or, where something `failed`, what it throws. The exchange is good no more.
    void end(const std::exception_ptr& failed = nullptr);
    /// A coroutine goes on where the handler has stopped: as a handler that is one, and is cancelled like one.
    void end_with(boost::asio::awaitable<void> rest);

private:
    std::shared_ptr<detail::server_connection> of_;
};

/// One request and its response, in the hands of a server's handler until that has ended; then the rest is sent.
///
/// All views are good until the handler ends, but for the pieces of `read_some`. On the thread of the server's executor
/// only. A handler that ends without a response makes it a 500; one that throws after `start` cuts the connection, so that
/// nobody takes half a response for a whole one.
class exchange {
public:
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    std::string_view method() const noexcept;  ///< as it was sent: upper and lower case are different methods
    std::string_view target() const noexcept;  ///< as it was sent
    std::string_view path() const noexcept;    ///< of the target, not decoded: begins with `/`, or is `*` of OPTIONS
    std::string_view query() const noexcept;   ///< behind the `?`, not decoded
    std::string_view host() const noexcept;    ///< with its port; empty only where HTTP allows that
    /// All headers in the order of the wire.
    std::span<const header_view> headers() const noexcept;
    /// The first of that name, in upper or lower case.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
    /// `Upgrade`: the protocols that the client would rather speak, which this server does not; empty for none.
    std::string_view upgrade() const noexcept;
    /// Of the body, where it was said.
    std::optional<std::uint64_t> content_length() const noexcept;
    /// Address of who asks, without the port; empty for one that had gone before he was asked for it.
    const std::string& peer() const noexcept;

    /// The whole body, for a handler that is a plain function, or after `read_body`.
    std::string_view body() const noexcept;
    /// The next piece of the body, good until the next call; empty at its end. Nothing is read from the network beyond a
    /// buffer of 64 KiB while the handler does not ask. Throws `status_error` for a body that comes too slowly (408) or is
    /// not well-formed (400), and `operation_aborted` when the peer has gone.
    boost::asio::awaitable<std::string_view> read_some();
    /// All that is left of it. Throws as `read_some`, and `status_error` 413 as soon as it is known to be more than `max_body`,
    /// or than `most` bytes.
    boost::asio::awaitable<std::string_view> read_body(std::size_t most = std::numeric_limits<std::size_t>::max());
    /// What `read_body` would give at once: nothing when it would wait or throw. `read_body` gives it again.
    std::optional<std::string_view> body_at_hand();
    /// For the first handler of a `server_handler` that has two: it answers later. `who` is kept until the end.
    open_request leave_open(std::shared_ptr<open_handler> who);

    /// Answers, once. The length, the date and what is about the connection are ours; such headers are left out here, but
    /// `Connection: close` is obeyed. Throws `std::invalid_argument` for a status outside 200..599 and for a header that
    /// cannot be sent, `std::logic_error` for a second response.
    void respond(int status, std::initializer_list<header_view> headers = {}, std::string_view body = {});
    void respond(int status, std::span<const header_view> headers, std::string_view body);
    void respond(const response& whole);
    /// Answers as for a handler that throws `failed`, which then is not to throw it: for who looks at the answer afterwards. Not
    /// where a response has begun.
    void refuse(const std::exception_ptr& failed);

    /// Begins a response that is sent piece by piece: chunked, or as long as a `Content-Length` among `headers` says. Throws
    /// as `respond`. The head goes out with the first piece or, at the latest, when the handler waits in `write`.
    void start(int status, const header_list& headers = {});
    /// Sends a piece at once; an empty one sends the head. Waits while more than 64 KiB are not taken by the network. Throws
    /// `operation_aborted` when the peer has gone, `std::logic_error` before `start` and past the length.
    boost::asio::awaitable<void> write(std::string_view piece);

    /// Lets `edit` change the headers of whatever response comes, of the server's own refusals, too. Before it begins.
    void edit_headers(std::function<void(header_list&)> edit);

    int status() const noexcept;              ///< of the response; zero before it has begun
    std::uint64_t received() const noexcept;  ///< bytes of the body that `read_some` and `read_body` have given
    std::uint64_t sent() const noexcept;      ///< bytes of the response's body, as far as it was handed over

    /// True when the peer has gone, which also cancels the handler (`cancellation_type::terminal`). One that has closed only
    /// his half of the connection has gone. While more of the body has come than the handler asks for, it is noticed within two
    /// seconds; but a close comes behind all that was sent before it, so not while the peer's system has bytes left to send.
    bool gone() const noexcept;

private:
    friend class detail::server_connection;
    explicit exchange(detail::server_connection& connection) noexcept : connection_(connection) {}

    detail::server_connection& connection_;
};

}  // namespace mote::http
