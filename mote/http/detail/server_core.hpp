#pragma once

#include <mote/http/detail/server_connection.hpp>
#include <mote/http/server.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::http::detail {

/// What the connections of a server share: its options, the handler, who is there, the time. Outlives the server until the
/// last handler has ended.
class server_core : public std::enable_shared_from_this<server_core> {
public:
    using clock = std::chrono::steady_clock;

    server_core(boost::asio::any_io_executor executor, server_options options, server_handler handler);
    server_core(const server_core&) = delete;
    server_core& operator=(const server_core&) = delete;

    void open();
    /// Takes nothing new.
    void close_door() noexcept;
    void abort_all();
    boost::asio::awaitable<void> until_empty(std::chrono::nanoseconds patience);

    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    const server_options& options() const noexcept { return options_; }
    const server_handler& handler() const noexcept { return handler_; }
    std::uint16_t port() const noexcept { return port_; }
    bool stopping() const noexcept { return stopping_; }
    std::size_t connections() const noexcept { return count_; }
    std::size_t in_flight() const noexcept { return in_flight_; }
    std::uint64_t requests() const noexcept { return requests_; }

    // For the connections.
    clock::time_point deadline_in(std::chrono::milliseconds time) const noexcept { return now_ + grain_ + time; }
    clock::time_point now() const noexcept { return now_; }
    const std::string& date() const noexcept { return date_; }
    /// Memory of an input_buffer between one connection that needs it no more and the next that is read from: a few pieces, so that
    /// a request costs no allocation of its own. May be null.
    std::unique_ptr<char[]> spare_memory() noexcept;
    void keep_spare(std::unique_ptr<char[]> memory) noexcept;
    /// Gives an empty text the memory of one that was taken back, where there is one.
    void lend_to(std::string& text) noexcept;
    void take_back(std::string& text) noexcept;
    void count_request() noexcept { ++requests_; }
    /// False: as many as may be are in flight.
    bool enter_flight() noexcept;
    void leave_flight() noexcept { --in_flight_; }
    void left(server_connection& who) noexcept;
    void report(std::string_view failure) const noexcept;
    void tell(const refused_request& refused) const noexcept;

private:
    using connection_list = boost::intrusive::list<server_connection, boost::intrusive::constant_time_size<false>>;

    void accept();
    void accepted(boost::asio::ip::tcp::socket socket);
    void tell_unanswered(const boost::asio::ip::tcp::socket& socket) const;
    void tick();
    void sweep();

    boost::asio::any_io_executor executor_;
    server_options options_;
    server_handler handler_;
    std::unique_ptr<boost::asio::ssl::context> tls_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer timer_;
    std::chrono::milliseconds grain_;
    std::uint16_t port_ = 0;
    bool stopping_ = false;
    bool accept_again_ = false;  // the next time the clock ticks: it failed, for want of descriptors for example

    connection_list connections_;
    std::size_t count_ = 0;
    std::size_t in_flight_ = 0;
    std::uint64_t requests_ = 0;
    std::vector<boost::asio::steady_timer*> waiting_;  // for all to be gone
    clock::time_point now_;                            // to the grain: so that a request costs no look at the clock
    std::string date_;
    std::vector<std::unique_ptr<char[]>> spare_;
    std::vector<std::string> spare_texts_;
    std::int64_t date_second_ = 0;
};

}  // namespace mote::http::detail
