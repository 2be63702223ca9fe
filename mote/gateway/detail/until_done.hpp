#pragma once

#include <mote/nats/async_event.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <memory>

namespace mote::gateway::detail {

/// Work that is done when somebody says so and, where it throws a `boost::system::system_error`, once more each second until it
/// does not. Never twice at a time. To be held by a shared pointer; on the executor's thread only.
class until_done : public std::enable_shared_from_this<until_done> {
public:
    using work = std::function<boost::asio::awaitable<void>()>;

    until_done(const boost::asio::any_io_executor& executor, work what)
        : executor_(executor), work_(std::move(what)), ended_(executor) {}
    until_done(const until_done&) = delete;
    until_done& operator=(const until_done&) = delete;

    /// Nothing where it is under way, or was stopped.
    void begin();
    /// Ends it wherever it is; returns when nothing of it goes on.
    boost::asio::awaitable<void> stop();

private:
    static boost::asio::awaitable<void> run(std::shared_ptr<until_done> self);

    const boost::asio::any_io_executor executor_;
    work work_;
    boost::asio::cancellation_signal cancel_;
    nats::async_event ended_;
    bool running_ = false;
    bool stopped_ = false;
};

}  // namespace mote::gateway::detail
