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
    /// One that has already arrived, if there is one.
    std::optional<message> try_next();
    /// Wants no more: `next` gives nothing.
    void close() noexcept;

private:
    std::shared_ptr<detail::open_request> request_;
};

}  // namespace mote::nats
