#pragma once

#include <mote/functions/async_worker.hpp>
#include <mote/functions/detail/call_store.hpp>
#include <mote/functions/detail/worker_lane.hpp>
#include <mote/micro/dead_letters.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/subscription.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace mote::functions::detail {

class async_run;

/// What stands behind an async_worker: which functions are pulled from (their lanes), and what runs.
class worker_core : public std::enable_shared_from_this<worker_core> {
public:
    worker_core(jetstream::context js, function_store store, const function_table& table, async_worker_options opts);

    // of async_worker
    static boost::asio::awaitable<void> start(std::shared_ptr<worker_core> self);
    static boost::asio::awaitable<std::size_t> stop(std::shared_ptr<worker_core> self,
                                                    std::chrono::nanoseconds timeout);
    void abandon() noexcept;
    void changed(const function_name& name);
    async_worker_stats stats() const;

    // of a run
    const async_worker_options& options() const noexcept { return opts_; }
    const jetstream::context& js() const noexcept { return js_; }
    const call_store& calls() const noexcept { return *calls_; }
    micro::dead_letters letters() const { return micro::dead_letters(js_); }
    /// Of one function only: no other's receivers that do not answer are in its way.
    const std::shared_ptr<callback_sender>& sender_of(worker_lane& lane) const;
    /// What is to be run, with all its variables; nothing when there is no such function.
    static boost::asio::awaitable<std::optional<description>> find(std::shared_ptr<worker_core> self,
                                                                   function_name name);
    void trouble(const std::string& text) const noexcept;
    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    bool stopped() const noexcept { return stopped_; }
    void ended(const async_run& run) noexcept;

    /// Does something again and again until it works. Throws when the worker or the connection is closed, and for a message
    /// that is too large, which it stays.
    template <class T>
    static boost::asio::awaitable<T> insist(std::shared_ptr<worker_core> self,
                                            std::function<boost::asio::awaitable<T>()> action) {
        for (;;) {
            std::string why;
            try {
                co_return co_await action();
            } catch (const boost::system::system_error& failed) {
                if (self->stopped_ || failed.code() == nats::errc::closed ||
                    failed.code() == nats::errc::max_payload_exceeded)
                    throw;
                why = failed.what();
            }
            co_await self->pause(std::move(why));
        }
    }

private:
    static boost::asio::awaitable<void> look_around(std::shared_ptr<worker_core> self);
    static boost::asio::awaitable<void> look(std::shared_ptr<worker_core> self);
    static boost::asio::awaitable<void> repair(std::shared_ptr<worker_core> self,
                                               std::vector<std::shared_ptr<worker_lane>> waiting);
    static boost::asio::awaitable<void> repair_one(std::shared_ptr<worker_core> self,
                                                   std::shared_ptr<worker_lane> lane);
    static boost::asio::awaitable<void> open(std::shared_ptr<worker_core> self, std::shared_ptr<worker_lane> lane);
    static boost::asio::awaitable<void> close(std::shared_ptr<worker_core> self, std::shared_ptr<worker_lane> lane);
    boost::asio::awaitable<void> pause(std::string why);
    void want(const function_name& name);
    void let_go(const std::shared_ptr<worker_lane>& lane);
    void on_delivery(const std::shared_ptr<worker_lane>& lane, jetstream::delivery& delivery);
    void on_cancel(std::string_view call_id);
    void tick();
    static boost::asio::awaitable<std::optional<description>> look_up(std::shared_ptr<worker_core> self,
                                                                      function_name name);
    std::uint32_t concurrency_of(const description* what) const;
    bool is_as_opened(const worker_lane& lane) const;
    bool is_paused(const function_name& name) const noexcept;
    void spawn(boost::asio::awaitable<void> work);

    jetstream::context js_;
    function_store store_;
    const function_table* table_;  // null when stopped
    async_worker_options opts_;
    std::optional<call_store> calls_;
    std::map<function_name, std::shared_ptr<worker_lane>> lanes_;
    std::unordered_map<std::uint64_t, std::shared_ptr<async_run>> runs_;  // by the sequence in the stream
    std::map<function_name, std::uint64_t> pending_;
    nats::subscription notices_;
    nats::subscription cancels_;
    boost::asio::steady_timer ticker_;
    boost::asio::steady_timer looker_;
    nats::async_event quiet_;  // no run is left
    std::mt19937 random_{std::random_device{}()};
    bool stopping_ = false;
    bool stopped_ = false;
};

}  // namespace mote::functions::detail
