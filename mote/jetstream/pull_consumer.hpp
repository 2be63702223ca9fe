#pragma once

#include <mote/jetstream/consumer.hpp>
#include <mote/jetstream/context.hpp>
#include <mote/jetstream/delivery.hpp>
#include <mote/jetstream/fetch.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mote::jetstream {

/// Called on the connection's executor for each message. What it throws goes to pull_options::on_trouble, as
/// `nats::errc::handler_failed`; what it has not settled and not kept is delivered again after the ack wait.
using delivery_handler = std::function<void(delivery&)>;

struct pull_options {
    /// Deliveries that are handed out and not settled; 0: no bound.
    std::size_t max_in_flight = 0;
    /// What is claimed from the server at a time: asked for, waiting here to be handed out and, where max_in_flight bounds
    /// it, handed out and not settled. Others cannot have these meanwhile. Not less than max_in_flight. 0: a quarter more
    /// than max_in_flight, or 500 without one.
    std::size_t max_messages = 0;
    /// It asks for more when no more than so many are on their way or wait to be handed out; below max_messages. 0: half of
    /// what there is room for. Not with max_bytes: then it asks when half of the bytes are free.
    std::size_t threshold = 0;
    /// Bounds the bytes (subject, reply, headers, payload) of what is on its way and what waits to be handed out; then
    /// max_messages is 10,000 unless it is given. A message that is larger is never delivered: on_trouble tells
    /// `errc::pull_ended` each time that the server refuses. 0: no bound.
    std::size_t max_bytes = 0;
    std::chrono::nanoseconds expires{std::chrono::seconds(30)};        ///< of one pull request; at least 1 s
    std::chrono::nanoseconds idle_heartbeat{std::chrono::seconds(5)};  ///< 100 ms to half of expires
    /// Of a consumer with a priority policy: which of its groups this one belongs to. Messages of `pinned_client` have the
    /// header `Nats-Pin-Id`: as long as it is the same, nobody else got any.
    std::string group{};
    /// Of a consumer of `priority_policy::overflow`: it gets messages only while at least so many are pending, or so many
    /// are delivered and not settled; 0: of no account.
    std::uint64_t min_pending = 0;
    std::uint64_t min_ack_pending = 0;
    /// Of a consumer of `priority_policy::prioritized` (from nats-server 2.12): 0, which is served first, to 9.
    int priority = 0;
    /// The server says that this one is not pinned any more; it waits in line again. What was handed out can be settled as
    /// ever. On the executor; must not throw.
    std::function<void()> on_unpinned{};
    /// Something went wrong and is being mended: `errc::no_heartbeat`, `errc::pull_ended` (the text is the server's),
    /// `nats::errc::handler_failed`, ... On the executor; must not throw.
    std::function<void(const boost::system::error_code&, const std::string& text)> on_trouble{};
    /// It ended by itself, not by `stop`, and `next` throws the same: `errc::consumer_not_found` or `errc::stream_not_found`
    /// (deleted, or gone with a server that kept it in memory), `errc::bad_request`, `nats::errc::closed`,
    /// `nats::errc::permission_denied`. Make the consumer and a new pull_consumer, if that is the answer. On the executor;
    /// must not throw.
    std::function<void(const boost::system::error_code&, const std::string& text)> on_end{};
};

/// Where a pull_consumer's messages are now, and what it has had.
struct pull_stats {
    std::uint64_t received = 0;  ///< messages
    std::uint64_t troubles = 0;  ///< see pull_options::on_trouble
    std::size_t requested = 0;   ///< asked for and not here yet
    std::size_t waiting = 0;     ///< here and not handed out
    std::size_t in_flight = 0;   ///< handed out and not settled
};

/// Pulls the messages of a durable consumer and hands them out, to a handler or to `next`. It asks ahead, so that the
/// server is never idle, and never for more than pull_options::max_messages: what several instances pull from one consumer
/// is shared among them by what each can take. It goes on by itself over reconnects, restarts, changes of leader and
/// missing heartbeats; what was in between is delivered again after the ack wait.
///
///     const auto info = co_await js.create_or_update_consumer("ORDERS", config);
///     jetstream::pull_consumer orders(js, info, opts);
///     orders.consume([](jetstream::delivery& order) { ship(order.payload()); order.ack(); });
///
/// On the connection's executor. Move-only. When destroyed without `stop`, what it had not handed out is nak'ed, and what
/// is on its way comes again after the ack wait.
class pull_consumer {
public:
    /// Nothing is asked for yet. Throws `errc::bad_config` for options out of their bounds, for a group that the consumer
    /// does not have, and for a push consumer.
    pull_consumer(context js, const consumer_info& consumer, pull_options opts = pull_options());
    pull_consumer(pull_consumer&& other) noexcept;
    pull_consumer& operator=(pull_consumer&& other) noexcept;
    ~pull_consumer();

    /// Starts to hand out to a handler. Once, and not together with `next`. Throws what `nats::connection::subscribe`
    /// throws.
    void consume(delivery_handler handler);

    /// The next message, which owns its bytes; nothing when `timeout` passed, or after `stop`. The first call starts to
    /// pull. While max_in_flight deliveries are not settled, it waits for one of them. One waiter at a time. Throws why it
    /// ended (pull_options::on_end).
    boost::asio::awaitable<std::optional<delivery>> next(std::chrono::nanoseconds timeout);

    /// Asks once, for at most `batch` messages (1 or more), and returns them when all are there or no more will come, with
    /// the reason why. Each of them owns its bytes. Not where a handler or `next` gets the messages; of the options only
    /// those of groups matter. Throws `errc::bad_config` at once for options out of their bounds, and what
    /// `nats::connection::publish` throws; what goes wrong behind that is in the result.
    boost::asio::awaitable<fetch_result> fetch(std::size_t batch, fetch_options opts = fetch_options());

    /// Asks for no more, naks what was not handed out, so that others get it at once, and waits until what was handed out
    /// is settled and the server knows. Returns how many were not settled within `timeout`: they come again after the ack
    /// wait.
    boost::asio::awaitable<std::size_t> stop(std::chrono::nanoseconds timeout);

    /// Asks for no more, and goes on to hand out what is here and on its way: to the handler, or to `next`, which gives nothing
    /// when that is all. Waits until it is settled and the server knows, and ends as `stop` does; after `timeout` what was
    /// not handed out is nak'ed. Returns how many were handed out and not settled.
    boost::asio::awaitable<std::size_t> drain(std::chrono::nanoseconds timeout);

    pull_stats stats() const noexcept;
    const std::string& stream() const noexcept;
    const std::string& name() const noexcept;  ///< of the consumer

private:
    std::shared_ptr<detail::pull_state> state_;  // shared with deliveries that are kept, and its own coroutine
};

}  // namespace mote::jetstream
