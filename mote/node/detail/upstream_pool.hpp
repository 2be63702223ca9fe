#pragma once

#include <mote/node/detail/http_upstream.hpp>
#include <mote/node/detail/upstream_connection.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mote::node::detail {

/// The connections of one upstream: those in use, those that are kept, and the line of who waits for one. One timer serves
/// all deadlines: it fires at the earliest, looks at all, and not more often than once in 10 ms.
class upstream_pool : public std::enable_shared_from_this<upstream_pool> {
public:
    using clock = std::chrono::steady_clock;
    using connection_ptr = std::shared_ptr<upstream_connection>;

    upstream_pool(boost::asio::any_io_executor executor, upstream_address where, upstream_options options);
    upstream_pool(const upstream_pool&) = delete;
    upstream_pool& operator=(const upstream_pool&) = delete;

    /// A kept connection that is good, or none. It has to be given back, as those of the next two. Throws `errc::closed`.
    connection_ptr take_idle(clock::time_point deadline);
    /// One that is good, some time. Throws as `http_upstream` says.
    boost::asio::awaitable<connection_ptr> take(clock::time_point deadline);
    /// One that was not used before.
    boost::asio::awaitable<connection_ptr> take_new(clock::time_point deadline);
    /// Keeps it, or closes it where it cannot be used again.
    void give_back(connection_ptr connection) noexcept;
    /// Keeps it; nothing was asked on it.
    void keep(connection_ptr connection) noexcept;

    void set_deadline(upstream_connection& connection, clock::time_point deadline);
    void close() noexcept;
    /// Also ends what is in flight.
    void cut() noexcept;

    std::size_t in_flight() const noexcept { return open_ - idle_.size(); }
    std::size_t idle() const noexcept { return idle_.size(); }
    std::size_t waiting() const noexcept { return line_.size(); }
    std::uint64_t connections_made() const noexcept { return made_; }

private:
    struct waiter : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit waiter(const boost::asio::any_io_executor& executor) : wake(executor, clock::time_point::max()) {}

        boost::asio::steady_timer wake;  // never by its time
        clock::time_point deadline = clock::time_point::max();
        connection_ptr given{};
        bool may_open = false;  // a place among the open ones is kept for it
        std::optional<errc> failed{};
    };
    template <class Type>
    using list = boost::intrusive::list<Type, boost::intrusive::constant_time_size<false>>;

    boost::asio::awaitable<connection_ptr> wait_in_line(clock::time_point deadline);
    connection_ptr make(clock::time_point deadline);
    void use(upstream_connection& connection, clock::time_point deadline);
    void drop(connection_ptr connection) noexcept;
    void wake(waiter& first) noexcept;
    void arm(clock::time_point when);
    void sweep();
    void close_old_idle();

    boost::asio::any_io_executor executor_;
    upstream_address where_;
    upstream_options options_;
    std::uint64_t made_ = 0;
    std::size_t open_ = 0;  // in use, kept, or promised to a waiter
    bool closed_ = false;
    std::vector<connection_ptr> idle_;  // the last used one is the last
    list<upstream_connection> used_;
    list<waiter> line_;
    boost::asio::steady_timer timer_;
    clock::time_point armed_ = clock::time_point::max();
    clock::time_point round_ends_ = clock::time_point::max();  // two of them are the time for which one is kept
    std::uint64_t round_ = 0;
};

}  // namespace mote::node::detail
