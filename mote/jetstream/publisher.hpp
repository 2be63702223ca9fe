#pragma once

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::jetstream {

namespace detail {
class publisher_state;
}  // namespace detail

/// What became of one message of a publisher.
struct publish_outcome {
    std::uint64_t number = 0;  ///< what `publish` returned for it
    publish_ack ack{};         ///< where it is stored, unless there is an error
    /// server_error's codes for what the stream refused (`errc::wrong_last_sequence`, ...), `errc::no_stream_response`,
    /// `errc::bad_reply`, `nats::errc::timeout` and `nats::errc::disconnected` (no answer came, in the second case because
    /// of a broken link: it is stored or it is not), `nats::errc::closed`, `nats::errc::permission_denied`.
    boost::system::error_code error{};
    int err_code = 0;    ///< the server's own number, for example 10071
    std::string text{};  ///< the server's words
};

struct publisher_options {
    std::size_t max_in_flight = 4000;         ///< messages that wait for their answer; not 0
    std::size_t max_bytes = 4 * 1024 * 1024;  ///< of these; a larger message goes when no other is in flight. Not 0
    std::chrono::nanoseconds ack_timeout{0};  ///< an answer is waited for so long; 0: the context's timeout
    int max_tries = 3;                        ///< of a message with an id that is not answered; at least 1
    std::chrono::nanoseconds room_timeout{std::chrono::seconds(30)};  ///< `publish` waits for room no longer
    /// Called once for each message, in the order of the answers. On the executor; must not throw. It may publish.
    std::function<void(const publish_outcome&)> on_outcome{};
};

struct publisher_stats {
    std::uint64_t published = 0;   ///< accepted by `publish`
    std::uint64_t stored = 0;      ///< acknowledged, duplicates included
    std::uint64_t duplicates = 0;  ///< of those, the ones whose id the stream had already
    std::uint64_t failed = 0;
    std::uint64_t republished = 0;  ///< sent again, each time counts
    std::size_t in_flight = 0;
    std::size_t bytes = 0;  ///< of those in flight: subjects, headers, payloads
};

/// Publishes many messages to streams without waiting for each of their acknowledgements. What is not answered yet is held
/// in a window; `publish` waits only when that is full.
///
///     jetstream::publisher_options opts;
///     opts.on_outcome = [](const jetstream::publish_outcome& seen) { if (seen.error) report(seen.number, seen.error); };
///     jetstream::publisher out(js, opts);
///     for (const auto& each : orders) co_await out.publish("orders.new", each);
///     const auto unanswered = co_await out.complete(30s);
///
/// What it promises
/// - Each message has one outcome. One that says stored is stored.
/// - Messages leave in the order of the calls. One that is sent again comes behind others that were published after it.
/// - No stream there (503): sent again each 250 ms, until ack_timeout has passed.
/// - No answer within ack_timeout, or the link broke: a message with publish_options::message_id is sent again with the same
///   id, up to max_tries times on one link, and at once after each reconnect. The stream stores it once, as long as that is
///   within its duplicate window. A message without an id is not sent again, for nobody knows whether it is stored: its
///   outcome is an error. So give ids to what must be stored exactly once.
/// - While there is no link nothing times out; what is published then waits in the connection's buffer.
///
/// Memory: messages in flight are kept, within max_bytes, and at most 1 KiB more for each of max_in_flight.
/// On the connection's executor. Move-only. When destroyed, messages in flight have no outcome: `complete` first.
class publisher {
public:
    /// Throws `errc::bad_config` for options out of their bounds, and what `nats::connection::subscribe` throws.
    explicit publisher(context js, publisher_options opts = publisher_options());
    publisher(publisher&& other) noexcept;
    publisher& operator=(publisher&& other) noexcept;
    ~publisher();

    /// Sends at once when there is room and nobody waits, else when those before it have gone. Returns its number: 1 for the
    /// first one, then 2. The arguments may end with the call. Throws as `context::publish` does before it waits, and
    /// `nats::errc::timeout` when there was no room within room_timeout; what it threw for has no outcome.
    boost::asio::awaitable<std::uint64_t> publish(std::string_view subject, std::string_view payload,
                                                  const publish_options& opts = publish_options());
    /// The same without waiting: nothing when there is no room.
    std::optional<std::uint64_t> try_publish(std::string_view subject, std::string_view payload,
                                             const publish_options& opts = publish_options());
    /// Waits until every message has its outcome, those included that still wait for room. Returns how many have none after
    /// `timeout`; they stay in flight.
    boost::asio::awaitable<std::size_t> complete(std::chrono::nanoseconds timeout);

    publisher_stats stats() const noexcept;

private:
    std::shared_ptr<detail::publisher_state> state_;  // shared with its own coroutine, and with calls under way
};

}  // namespace mote::jetstream
