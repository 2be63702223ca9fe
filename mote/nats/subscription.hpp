#pragma once

#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mote::nats {

namespace detail {
class session;
struct subscription_state;
}  // namespace detail

/// Called on the connection's executor for each message, while the message lies in the read buffer. What it throws is
/// reported as an `error` event and goes no further.
using message_handler = std::function<void(const message_view&)>;

/// Which message is lost when a subscription's pending messages reach their bound.
enum class slow_consumer_policy { drop_newest, drop_oldest };

struct subscribe_options {
    std::string queue_group{};                         ///< empty: every subscriber gets every message
    std::uint64_t max_messages = 0;                    ///< ends by itself after so many messages; 0: never
    std::size_t max_pending_messages = 65536;          ///< bound of what waits for `next`
    std::size_t max_pending_bytes = 64 * 1024 * 1024;  ///< of payload and headers
    slow_consumer_policy slow_consumer = slow_consumer_policy::drop_newest;
    /// Called on the executor after the last message of a burst: messages of this subscription that came in a row with
    /// one read. For work that can be done once for all of them. It must not throw.
    std::function<void()> after_burst{};
    /// Set where nobody may be about to take what waits for `next`: `connection::drain` does not wait for it, but calls this on
    /// the executor when all that was under way has come, and ends the subscription. It must not throw.
    std::function<void()> at_drain{};
    /// Called on the executor for what befalls this subscription alone: the server refused it (`permission_denied`,
    /// then it has ended), or it began to drop messages (no error). Besides the connection's own event.
    std::function<void(const boost::system::error_code&, const std::string& text)> on_error{};
};

/// Counted since the subscription was made.
struct subscription_stats {
    std::uint64_t delivered = 0;  ///< handed to the handler or to `next`
    std::uint64_t dropped = 0;    ///< lost to the bound, see slow_consumer_policy
    std::size_t pending_messages = 0;
    std::size_t pending_bytes = 0;
    std::size_t most_pending_messages = 0;  ///< at any time
    std::size_t most_pending_bytes = 0;
};

/// A subscription; ends when destroyed. Move-only. All members are to be called on the connection's executor.
class subscription {
public:
    subscription() = default;
    subscription(subscription&& other) noexcept;
    subscription& operator=(subscription&& other) noexcept;
    ~subscription();

    /// The next message; nothing once the subscription has ended and all that waited is taken.
    /// Throws `errc::timeout`, `errc::permission_denied` when the server refused the subscription, `errc::closed` when
    /// the connection is closed. Only for subscriptions made without a handler; one waiter at a time.
    boost::asio::awaitable<std::optional<message>> next(std::chrono::nanoseconds timeout);
    /// A message that has already arrived, if there is one.
    std::optional<message> try_next();

    /// Tells the server to end it after `max` messages in all since it was made (0: at once). What arrived stays.
    void unsubscribe(std::uint64_t max = 0);
    /// Ends it at the server, waits until everything that the server had sent is here and, for a pull subscription,
    /// taken by `next`. Throws `errc::timeout`.
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout);

    bool active() const noexcept;  ///< false once it has ended
    const std::string& subject() const noexcept;
    subscription_stats stats() const noexcept;

private:
    friend class detail::session;
    subscription(std::shared_ptr<detail::session> session, std::shared_ptr<detail::subscription_state> state);
    void release() noexcept;

    std::shared_ptr<detail::session> session_;
    std::shared_ptr<detail::subscription_state> state_;
};

}  // namespace mote::nats
