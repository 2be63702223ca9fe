#pragma once

#include <mote/http/detail/curl_multi.hpp>
#include <mote/http/detail/exchange.hpp>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace mote::http::detail {

/// Decides which exchange has a transfer: at most `max_connections` of them, the others in line. Shared by the client and
/// the coroutines that wait, so it outlives the client until the last of them has heard that the client is closed.
class engine {
public:
    engine(boost::asio::any_io_executor executor, client_options options);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    ~engine();

    /// The time that an exchange spends here; ends whatever it does when it is destroyed.
    class visit {
    public:
        /// Starts the exchange or puts it in line. Throws `errc::waiting_line_full` and `errc::closed`.
        visit(engine& host, exchange& guest) : host_(host), guest_(guest) { host_.enter(guest_); }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit() { host_.leave(guest_); }

    private:
        engine& host_;
        exchange& guest_;
    };

    /// Takes an exchange that is done aside until its next try; returns for how long. `retry` counts from 0.
    std::chrono::nanoseconds rest(exchange& guest, unsigned retry);
    /// Lets it try again, before those who have not tried yet.
    void try_again(exchange& guest);
    /// Fails all exchanges with `errc::closed`.
    void close() noexcept;

    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    const transfer_settings& settings() const noexcept { return settings_; }
    std::size_t in_flight() const noexcept { return count(stage::running); }
    std::size_t waiting() const noexcept { return count(stage::waiting) + count(stage::resting); }
    std::uint64_t retried() const noexcept { return retried_; }

private:
    using exchange_list = boost::intrusive::list<exchange, boost::intrusive::constant_time_size<false>>;

    std::size_t count(stage where) const noexcept { return counts_[static_cast<std::size_t>(where)]; }
    void set_stage(exchange& guest, stage next) noexcept;
    void enter(exchange& guest);
    void leave(exchange& guest) noexcept;
    void start_next() noexcept;
    void prepare();
    void start(exchange& guest) noexcept;
    void ended(CURL* easy, CURLcode result);
    void finish(exchange& guest) noexcept;
    void recycle(easy_handle easy) noexcept;

    boost::asio::any_io_executor executor_;
    transfer_settings settings_;
    std::shared_ptr<curl_multi> multi_;  // since the first transfer
    exchange_list line_;                 // waiting
    exchange_list running_;
    exchange_list resting_;
    std::array<std::size_t, 5> counts_{};  // by stage
    std::vector<easy_handle> idle_;        // set-up costs more than reset
    std::uint64_t retried_ = 0;
    std::minstd_rand chance_;
    bool closed_ = false;
};

}  // namespace mote::http::detail
