#pragma once

#include <mote/micro/info.hpp>
#include <mote/nats/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace mote::nats {
class connection;
}

namespace mote::micro {
class middleware;
}

namespace mote::micro::detail {

/// An endpoint as its service sees it, whatever brings its messages.
class served {
public:
    served() = default;
    served(const served&) = delete;
    served& operator=(const served&) = delete;
    virtual ~served() = default;

    virtual const endpoint_info& info() const noexcept = 0;
    /// The queue that it alone of its service takes from; empty: none.
    virtual std::string queue() const { return {}; }
    /// Middleware around all other; before the start.
    virtual void put_outermost(const middleware& outermost) = 0;
    virtual void start(const nats::connection& connection) = 0;
    /// Returns when messages can come; throws why they cannot.
    virtual boost::asio::awaitable<void> opened() = 0;
    /// Opens it as soon as that is possible, after `opened` threw; counts and tells why it is not open.
    virtual void open_later(const std::string& /*why*/) {}
    /// Counts and tells why it is not open, and that is all: no further try could mend it.
    virtual void never_open(const std::string& /*why*/) {}
    /// The prefix of the JetStream API that it asks, once started; empty: none.
    virtual std::string jetstream_prefix() const { return {}; }
    /// The server has refused what it published: a reply, or what settles its work. `text` is the server's.
    virtual void on_denied(const std::string& text) = 0;
    /// Whether this is a subject on which it settles work.
    virtual bool settles_on(std::string_view /*subject*/) const { return false; }
    /// Tells the server at once to send no more; wait for what comes back, then for `wait_idle`.
    virtual boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout) = 0;
    /// False when calls were still going on at the deadline.
    virtual boost::asio::awaitable<bool> wait_idle(std::chrono::steady_clock::time_point deadline) = 0;
    /// Takes no more messages, and lets the connection go when the last call has ended.
    virtual void release() noexcept = 0;
    /// A message that came on the subject of this instance alone.
    virtual void on_direct_message(const nats::message_view& message) = 0;
    virtual bool idle() const noexcept = 0;
    /// What the server said when it refused the subscription; empty: it did not.
    virtual const std::string& refused() const noexcept = 0;
    virtual endpoint_stats stats() const = 0;
    virtual void reset() = 0;
};

}  // namespace mote::micro::detail
