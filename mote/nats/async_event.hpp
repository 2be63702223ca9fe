#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace mote::nats {

/// What one coroutine waits for with a deadline and another part of the program sets. A set is remembered until the next
/// wait takes it. One waiter at a time; not thread-safe: use it on one executor.
class async_event {
public:
    explicit async_event(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    void set() {
        set_ = true;
        timer_.cancel();
    }
    bool is_set() const noexcept { return set_; }
    void reset() noexcept { set_ = false; }

    /// True when set (and resets), false when the deadline passed. Throws `operation_aborted` when cancelled.
    boost::asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point deadline);
    boost::asio::awaitable<bool> wait_for(std::chrono::nanoseconds timeout);

private:
    boost::asio::steady_timer timer_;
    bool set_ = false;
};

}  // namespace mote::nats
