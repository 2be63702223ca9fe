#pragma once

#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>

namespace mote::nats {

namespace detail {
struct open_request;
}

/// Sees the first reply to a request where it arrives (`replies::when_first`): for who needs neither a copy nor a coroutine.
class first_reply_handler {
public:
    /// Called once, on the connection's executor, with the reply in the connection's read buffer; with null when the request has
    /// failed. True: it is done with, and the `replies` may have been destroyed. False, and always for null: `replies::next` gives
    /// it, or throws what it failed with, from after this call on.
    virtual bool on_first_reply(const message_view* reply) noexcept = 0;

protected:
    first_reply_handler() = default;
    first_reply_handler(const first_reply_handler&) = default;
    first_reply_handler& operator=(const first_reply_handler&) = default;
    ~first_reply_handler() = default;
};

/// The replies to one request, as they come; nothing is subscribed for them, as all requests of a connection share one inbox.
/// Move-only; on the connection's executor. Later replies are dropped once it is destroyed.
class replies {
public:
    replies() = default;
    explicit replies(std::shared_ptr<detail::open_request> request) noexcept;
    replies(replies&& other) noexcept = default;
    replies& operator=(replies&& other) noexcept;
    ~replies();

    /// The next reply, also one with the status 503 that says that nobody listens; nothing once this was closed. Throws
    /// `errc::timeout`, `errc::permission_denied`, and `errc::closed` when the connection is closed. One waiter at a time.
    boost::asio::awaitable<std::optional<message>> next(std::chrono::nanoseconds timeout);
    /// Tells `who` of the first reply; nothing may have come before, so ask in the same turn. A request that has none at `deadline`
    /// has failed with `errc::timeout`. `who` is forgotten once it was told, and when this is closed or destroyed.
    void when_first(first_reply_handler& who, std::chrono::steady_clock::time_point deadline);
    /// One that has already arrived, if there is one.
    std::optional<message> try_next();
    /// Wants no more: `next` gives nothing.
    void close() noexcept;

private:
    std::shared_ptr<detail::open_request> request_;
};

}  // namespace mote::nats
