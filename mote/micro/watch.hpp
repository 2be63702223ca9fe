#pragma once

#include <mote/micro/info.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro {

namespace detail {
class watch_state;
}

enum class service_change {
    appeared,
    changed,  ///< its version, description, metadata or endpoints
    gone,     ///< it did not answer any more
};

/// What happened to one instance, with what it last said of itself.
struct service_event {
    service_change what = service_change::appeared;
    service_info service{};
};

struct watch_options {
    std::string name{};                                          ///< only instances of this service; empty: of all
    std::chrono::nanoseconds interval{std::chrono::seconds(2)};  ///< between two rounds of questions; at least 1 ms
    int missed_rounds = 2;  ///< an instance that left so many in a row unanswered is gone; at least 1
    /// Every so many rounds all instances are asked for INFO and not only PING, which does not tell of endpoints.
    int info_rounds = 5;
    std::size_t max_instances = 10'000;  ///< known at once; further ones are not seen, and counted
    /// Called on the executor for each event, which then does not go to `next`. What it throws is dropped. It may stop
    /// or destroy the watch.
    std::function<void(const service_event&)> on_event{};
};

/// Follows which instances of services are there: it asks all of them in rounds, and tells what differs.
///
///     mote::micro::service_watch watch(connection);
///     while (const auto event = co_await watch.next(1h)) ...
///
/// First every instance that is there appears. A reader that is slow loses nothing that matters: the events of an
/// instance that were not taken yet are made one, so that there are never more than one an instance. While the server
/// is away nobody is gone; after a reconnect everybody has the full time again. Move-only; all members are to be called
/// on the executor of the connection. It stops when destroyed.
class service_watch {
public:
    /// Begins at once. Throws `errc::bad_name` for a name that cannot be one, nats `errc::closed`.
    explicit service_watch(nats::connection connection, watch_options opts = watch_options());
    service_watch(service_watch&&) noexcept;
    service_watch& operator=(service_watch&&) noexcept;
    ~service_watch();

    /// The next event; nothing when `timeout` passed, or after `stop`. One waiter at a time. Throws nats `errc::closed`
    /// when the connection is.
    boost::asio::awaitable<std::optional<service_event>> next(std::chrono::nanoseconds timeout);
    /// Ends it, and returns when nothing of it goes on any more. Events that wait may still be taken.
    boost::asio::awaitable<void> stop();

    /// The instances that are there by what is known now, by name and id.
    std::vector<service_info> instances() const;
    /// Replies that could not be read, and those of instances past `max_instances`.
    std::size_t ignored() const noexcept;

private:
    std::shared_ptr<detail::watch_state> state_;
};

}  // namespace mote::micro
