#pragma once

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::jetstream {

struct ordered_consumer_options {
    /// None: everything. Several need nats-server 2.10 (else `errc::not_supported`) and must not overlap.
    std::vector<std::string> filter_subjects{};
    deliver_policy deliver = deliver_policy::all;
    std::uint64_t start_sequence = 0;  ///< for by_start_sequence
    std::string start_time{};          ///< for by_start_time; RFC 3339
    replay_policy replay = replay_policy::instant;
    std::uint64_t rate_limit = 0;  ///< bits a second; 0: no bound
    bool headers_only = false;
    std::chrono::nanoseconds idle_heartbeat{std::chrono::seconds(5)};
};

/// A message of an ordered consumer with what its reply subject says.
struct ordered_message {
    nats::message message{};
    std::uint64_t stream_sequence = 0;
    std::uint64_t pending = 0;  ///< messages of the filter behind this one
    std::chrono::system_clock::time_point time{};
};

/// Reads a stream in order without gaps: an ephemeral push consumer (acks none, flow control, heartbeats) that is made
/// again behind the last message when one is missing, when heartbeats stop, when it was deleted, or after a reconnect.
/// (Made again within its first values, last_per_subject may hand out values that were replaced since.)
/// It works only while `next` is awaited: what the server sends meanwhile waits, bounded by flow control to about 32 MiB.
/// One coroutine at a time; on the connection's executor. Move-only; deletes its consumer when destroyed (without waiting)
/// or by `stop`.
class ordered_consumer {
public:
    ordered_consumer(ordered_consumer&&) noexcept;
    ordered_consumer& operator=(ordered_consumer&&) noexcept;
    ~ordered_consumer();

    static boost::asio::awaitable<ordered_consumer> create(context js, std::string stream,
                                                           ordered_consumer_options opts = ordered_consumer_options());

    /// How many messages of the filter the stream had when the consumer was made.
    std::uint64_t initial_pending() const noexcept;
    /// The next message; nothing when `timeout` passed without one, or after `stop`. Throws `errc::stream_not_found` when
    /// the stream is gone, `nats::errc::closed` when the connection is, server_error when the consumer cannot be made
    /// again. Making it again may take longer than `timeout`, by no more than the context's.
    boost::asio::awaitable<std::optional<ordered_message>> next(std::chrono::nanoseconds timeout);
    /// As `next`, but nothing as soon as caught_up() is true and all is handed out that came before.
    boost::asio::awaitable<std::optional<ordered_message>> next_initial(std::chrono::nanoseconds timeout);
    /// True once all that the stream had when the consumer was made has been handed out.
    bool caught_up() const noexcept;
    /// Ends it and waits until the server has deleted the consumer. `next` gives nothing from then on.
    boost::asio::awaitable<void> stop();

private:
    struct state;
    explicit ordered_consumer(std::shared_ptr<state> made);
    std::shared_ptr<state> state_;  // shared with a `next` under way
};

}  // namespace mote::jetstream
