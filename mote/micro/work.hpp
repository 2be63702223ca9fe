#pragma once

#include <mote/jetstream/context_options.hpp>
#include <mote/micro/info.hpp>
#include <mote/micro/middleware.hpp>
#include <mote/micro/work_order.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace mote::micro {

/// What a work endpoint is to keep, and how often it tries. Every instance should say the same: the last one wins.
struct work_options {
    std::string subject{};  ///< without the prefix of its groups; empty: the endpoint's name
    /// The JetStream stream that keeps the work, made if it is not there. Several endpoints may share one. Empty:
    /// `<service>_<endpoint>`, in a group `<service>_<prefix>_<endpoint>` with `_` for the dots. The consumer is always called
    /// that; an endpoint whose stream and consumer another one of the service has is refused.
    std::string stream{};
    jetstream::context_options jetstream{};  ///< where the stream is: the domain
    micro::metadata metadata{};
    std::size_t max_in_flight = 64;  ///< of this instance at once; what it does not take others get
    /// For each key one message at a time, in the order of the stream; other keys go on. A message that failed is tried
    /// again here, in its place: those of its key that are behind it wait for it, until it is done or dead. Of several
    /// instances one works at a time (from nats-server 2.11), and another one takes over when it stops or is lost; on older
    /// servers the endpoint does one message at a time, all instances and keys together. What holds when something dies:
    /// docs/protocol.md, "Work in order". All instances must say the same.
    work_order order{};
    /// With an order: messages that this instance has at once, in work and waiting for their turn; not less than
    /// max_in_flight. When all of them wait for a few slow keys, the other keys wait, too.
    std::size_t max_held = 512;
    /// How often a message is tried before it goes to the dead letters. At least 1. What was handed out and never came to an end
    /// counts as tried, but may have been given back unseen by an instance that stopped: it is begun a last time all the same,
    /// and goes to the dead letters when it was handed out three times as often.
    int max_tries = 5;
    /// The wait before each further try, the last one repeated; up to a fifth more or less at random.
    std::vector<std::chrono::nanoseconds> backoff{std::chrono::seconds(1), std::chrono::seconds(5),
                                                  std::chrono::seconds(30), std::chrono::minutes(2)};
    /// After what silence of an instance another one gets its messages: how soon the work of one that was killed is done
    /// again. A handler may take longer: it is kept alive meanwhile, unless it blocks the thread of the connection so long;
    /// that one wants `threads`. At least 1 s.
    std::chrono::nanoseconds ack_wait{std::chrono::seconds(30)};
    /// Within what time a second message with the same `Nats-Msg-Id` is not taken.
    std::chrono::nanoseconds duplicate_window{std::chrono::minutes(2)};
    std::int64_t max_messages = 1'000'000;  ///< that wait; a publisher past it gets an error, nothing is dropped
    std::chrono::nanoseconds max_age{0};    ///< messages that waited so long are dropped; 0: none
    int replicas = 1;                       ///< servers of a cluster that keep the work
    bool memory = false;                    ///< keep it in memory only: faster, and gone with the server
    std::size_t threads = 0;                ///< as of endpoint_options
    boost::asio::any_io_executor executor{};
    std::vector<micro::middleware> middleware{};
};

/// Thrown by a handler of work: not now. It counts as a try.
class retry_later : public std::exception {
public:
    explicit retry_later(std::chrono::nanoseconds delay) noexcept : delay_(delay) {}
    std::chrono::nanoseconds delay() const noexcept { return delay_; }
    const char* what() const noexcept override { return "to be tried again later"; }

private:
    std::chrono::nanoseconds delay_;
};

/// Thrown by a handler of work: never. The message goes to the dead letters with this reason.
class give_up : public std::exception {
public:
    explicit give_up(std::string reason) : reason_(std::move(reason)) {}
    const char* what() const noexcept override { return reason_.c_str(); }

private:
    std::string reason_;
};

}  // namespace mote::micro
