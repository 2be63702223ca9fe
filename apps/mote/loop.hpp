#pragma once

#include <apps/mote/exit_code.hpp>

#include <mote/nats/async_event.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <exception>
#include <functional>

namespace mote::command {

/// What a command runs on: one thread, one coroutine, and the signals SIGINT, SIGTERM and SIGHUP. A signal ends the command
/// at once with 130, unless it waits for one in `interrupted`.
class loop {
public:
    loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    /// Runs the command to its end and returns what it returned. What it throws is said on standard error.
    exit_code run(boost::asio::awaitable<exit_code> work);

    /// Returns at the first signal. A second one ends the command at once, with 130.
    boost::asio::awaitable<void> interrupted();
    /// Has `then` called at the first signal, which ends the command otherwise. A second one ends it at once, with 130.
    void on_interrupt(std::function<void()> then);
    /// Ends the command at once for a reason that is said on standard error.
    void fail(const std::exception_ptr& cause);

    /// Ends the command at once with this code.
    void end(exit_code code);

    boost::asio::any_io_executor executor() { return context_.get_executor(); }

private:
    void watch_signals();

    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_;
    nats::async_event interruption_;
    std::function<void()> at_interrupt_;
    bool awaited_ = false;
    bool ended_ = false;
    exit_code code_ = exit_code::ok;
};

}  // namespace mote::command
