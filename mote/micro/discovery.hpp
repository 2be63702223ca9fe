#pragma once

#include <mote/micro/found_service.hpp>
#include <mote/micro/info.hpp>
#include <mote/micro/version_range.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mote::nats {
class connection;
}

namespace mote::micro {

/// Whom to ask, and how long to collect replies.
struct discovery_options {
    std::string name{};  ///< only instances of this service; empty: of every service
    std::string id{};    ///< only this instance; needs `name`
    std::chrono::nanoseconds timeout{std::chrono::seconds(5)};       ///< in all, and until the first reply
    std::chrono::nanoseconds stall{std::chrono::milliseconds(300)};  ///< ends when no reply came for so long after one
    std::size_t max_replies = 0;                                     ///< ends after so many; 0: no bound
};

/// The reply to PING: who answered (without description and endpoints), and after how long.
struct ping_reply {
    service_info service{};
    std::chrono::nanoseconds rtt{};
};

/// What services are on the server, whoever wrote them (ADR-32): asks `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, and
/// collects the replies of all instances in the order of their arrival. Nobody there is an empty result, told by the
/// server at once. Replies are read leniently: members that an implementation leaves out have their defaults; one that
/// is no reply at all is left out and counted. With `id` it ends after the first reply.
///
///     mote::micro::discovery_options only;   // named first, never inside the co_await: see docs/traps.md
///     only.name = "Orders";
///     const auto instances = co_await mote::micro::discovery(connection).info(only);
///
///     const auto orders = co_await mote::micro::discovery(connection).find("Orders");
///     if (orders && orders->endpoint("price")) ...
///
/// A light view of a connection, whose executor it belongs on; it has to live until its calls have ended.
/// Throws nats errors, `errc::bad_name` for a name or an id that cannot be one.
class discovery {
public:
    explicit discovery(const nats::connection& connection) : connection_(&connection) {}

    boost::asio::awaitable<std::vector<ping_reply>> ping(discovery_options opts = discovery_options());
    boost::asio::awaitable<std::vector<service_info>> info(discovery_options opts = discovery_options());
    boost::asio::awaitable<std::vector<service_stats>> stats(discovery_options opts = discovery_options());

    /// All that is known of one service: its instances, and its endpoints merged over them. With a range only of the
    /// instances whose version is within it. Nothing when no such instance answers. `opts.name` is of no effect. An
    /// empty name throws `errc::bad_name`.
    boost::asio::awaitable<std::optional<found_service>> find(std::string name, version_range version = version_range(),
                                                              discovery_options opts = discovery_options());

    /// Replies so far that could not be read.
    std::size_t unreadable() const noexcept { return unreadable_; }

private:
    const nats::connection* connection_;
    std::size_t unreadable_ = 0;
};

}  // namespace mote::micro
