#pragma once

#include <apps/mote/ask/outcome_tally.hpp>

#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What is asked, and how hard.
struct load_options {
    std::string subject{};
    std::string body{};
    nats::headers headers{};
    std::size_t in_flight = 64;                                 ///< requests without an answer at any time, 1 to 65,536
    std::optional<double> rate{};                               ///< a second; nothing: a new one for each answer
    std::chrono::nanoseconds timeout{std::chrono::seconds(5)};  ///< of one request
};

/// What was measured so far.
struct load_result {
    outcome_tally tally{};
    std::uint64_t bytes_out = 0;      ///< bodies of the requests that were answered
    std::uint64_t bytes_in = 0;       ///< bodies of the answers
    std::chrono::nanoseconds took{};  ///< to the last answer
};

/// Keeps many requests in flight on one connection, without a coroutine, a timer or an allocation for each: all answers come to one
/// subscription, whose handler sends the next requests with the same write. With a rate a request has its turn at a fixed time,
/// and its latency counts from then, so that a service which stalls is not flattered. Only the first answer to a request counts.
/// Pinned; on the connection's executor.
class load_generator {
public:
    using clock = std::chrono::steady_clock;

    load_generator(nats::connection connection, load_options options);
    load_generator(const load_generator&) = delete;
    load_generator& operator=(const load_generator&) = delete;

    /// Sends for so long without measuring. Throws what ended the connection.
    boost::asio::awaitable<void> warm_up(std::chrono::nanoseconds duration);
    /// Measures for so long, or so many requests when there is a count, and waits for what is in flight then, at most the
    /// time-out. `look` is called now and then, for who shows how far it is.
    boost::asio::awaitable<void> measure(std::chrono::nanoseconds duration, std::optional<std::uint64_t> count,
                                         std::function<void()> look);

    /// At any time, of what is measured.
    load_result result() const;

private:
    struct slot {
        std::uint32_t generation = 0;  // tells a late answer from the one that is waited for
        bool open = false;
        bool measured = false;
        clock::time_point since{};  // its turn, from which its latency counts
        clock::time_point sent_at{};
    };

    boost::asio::awaitable<void> run(clock::time_point end, std::function<void()> look);
    void take(const nats::message_view& reply);
    slot* slot_of(std::string_view reply_subject);
    void close(slot& answered);
    void send_all() noexcept;
    bool may_send(clock::time_point now) const noexcept;
    void send(clock::time_point now);
    void give_up_late_ones(clock::time_point now);
    clock::time_point turn_of(std::uint64_t number) const noexcept;
    clock::time_point next_look(clock::time_point now, clock::time_point end) const noexcept;
    bool is_done() const noexcept;
    void begin(bool measuring, std::optional<std::uint64_t> count);

    nats::connection connection_;
    load_options options_;
    std::string reply_;  // inbox, and behind it the slot and its generation
    std::size_t inbox_size_ = 0;
    std::vector<slot> slots_;
    std::vector<std::uint32_t> free_;
    boost::asio::steady_timer timer_;

    bool sending_ = false;
    bool measuring_ = false;
    bool held_ = false;  // until the next look: the connection's buffer is full, or nobody is there
    std::optional<std::uint64_t> count_;
    std::uint64_t sent_ = 0;  // since `begin`
    clock::time_point began_{};
    std::optional<clock::time_point> burst_;  // when the answers came that are taken now
    clock::time_point last_answer_{};
    load_result result_;
    std::exception_ptr failed_;
    nats::subscription answers_;  // the last: its handler uses all of the above
};

}  // namespace mote::command
