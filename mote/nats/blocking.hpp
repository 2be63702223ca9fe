#pragma once

#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mote::nats {

class blocking_subscription;

namespace detail {
struct blocking_loop;
}

/// A connection for programs without coroutines: its loop runs on a thread of its own, and calls wait for their end.
///
///     mote::nats::blocking_connection nc(opts);
///     nc.publish("orders.new", "42");
///     auto reply = nc.request("orders.price", "42");
///
/// May be used from any number of threads at once, but for those of its own loop (handlers and events), where calls that
/// wait throw `errc::wrong_thread`. Move-only; closes the connection when destroyed, `drain` first to lose nothing. Throws
/// what `connection` does.
class blocking_connection {
public:
    /// Connects; see `connection::connect`. Waits at most for the time-outs of the options, or, with
    /// `retry_on_first_connect`, until there is a server.
    explicit blocking_connection(options opts = options());
    blocking_connection(blocking_connection&&) noexcept;
    blocking_connection& operator=(blocking_connection&&) noexcept;
    ~blocking_connection();

    void publish(std::string_view subject, std::string_view payload) const { async_.publish(subject, payload); }
    void publish(std::string_view subject, std::string_view payload, const headers& headers) const {
        async_.publish(subject, payload, headers);
    }
    /// Waits until what was published has gone but for a rest, see `connection::room`: now and then, by whoever publishes
    /// more than `options::max_outbound_bytes`.
    void room(std::chrono::nanoseconds timeout = {}) const;
    message request(std::string_view subject, std::string_view payload,
                    const request_options& opts = request_options()) const;
    std::vector<message> request_many(std::string_view subject, std::string_view payload,
                                      const request_many_options& opts = request_many_options()) const;
    /// 0: options::request_timeout. The server knows of subscriptions made before.
    void flush(std::chrono::nanoseconds timeout = {}) const;
    /// 0: options::drain_timeout.
    void drain(std::chrono::nanoseconds timeout = {}) const;
    void close() const noexcept { async_.close(); }

    /// To be read by `blocking_subscription::next`. The server knows of it when this returns.
    [[nodiscard]] blocking_subscription subscribe(std::string_view subject,
                                                  subscribe_options opts = subscribe_options()) const;
    /// The handler runs on the connection's thread: it may publish and respond, and must not wait. The server knows of it
    /// when this returns.
    [[nodiscard]] blocking_subscription subscribe(std::string_view subject, message_handler handler,
                                                  subscribe_options opts = subscribe_options()) const;

    /// Calls `make` on the connection's thread and waits for the coroutine that it returns; for all that has no blocking call
    /// of its own:
    ///
    ///     auto info = nc.run([&] { return js.account(); });
    template <class Make>
    auto run(Make&& make) const -> typename std::invoke_result_t<Make>::value_type {
        require_other_thread();
        using value = typename std::invoke_result_t<Make>::value_type;
        std::function<boost::asio::awaitable<value>()> called = std::ref(make);  // lives until the answer is here
        return boost::asio::co_spawn(async_.executor(), call<value>(std::move(called)), boost::asio::use_future).get();
    }

    connection_status status() const noexcept { return async_.status(); }
    /// For what is built on a connection, such as `jetstream::context`; its calls belong into `run`.
    const connection& async() const noexcept { return async_; }

private:
    template <class T>
    static boost::asio::awaitable<T> call(std::function<boost::asio::awaitable<T>()> make) {
        co_return co_await make();
    }
    void require_other_thread() const;

    std::shared_ptr<detail::blocking_loop> loop_;  // shared with subscriptions; outlives async_
    connection async_;
};

/// A subscription of a blocking_connection; ends when destroyed. Move-only; one thread at a time. It keeps the thread of the
/// connection running, though not the connection open.
class blocking_subscription {
public:
    blocking_subscription(blocking_subscription&&) noexcept;
    blocking_subscription& operator=(blocking_subscription&&) noexcept;
    ~blocking_subscription();

    /// See `subscription::next`.
    std::optional<message> next(std::chrono::nanoseconds timeout);
    void unsubscribe(std::uint64_t max = 0);
    /// See `subscription::drain`: another thread has to take what is pending.
    void drain(std::chrono::nanoseconds timeout);
    subscription_stats stats() const;

private:
    friend class blocking_connection;
    struct state;
    explicit blocking_subscription(std::unique_ptr<state> made) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace mote::nats
