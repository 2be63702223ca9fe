#pragma once

#include <mote/functions/callback.hpp>
#include <mote/functions/function_store.hpp>
#include <mote/functions/function_table.hpp>
#include <mote/functions/name.hpp>
#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace mote::functions {

namespace detail {
class worker_core;
}

struct async_worker_options {
    std::uint32_t concurrency = 100;  ///< runs at once of a function that does not say it (async_concurrency)
    std::chrono::nanoseconds timeout{
        std::chrono::minutes(5)};  ///< of one run, for functions that do not say it (run_timeout)
    /// After what silence of a worker another one gets its calls: how soon those of one that was killed are run again.
    /// A run may take longer. At least 1 s; all workers should say the same.
    std::chrono::nanoseconds ack_wait{std::chrono::seconds(30)};
    std::chrono::nanoseconds look_every{std::chrono::seconds(30)};  ///< for calls of which no notice came
    std::chrono::nanoseconds idle_after{std::chrono::seconds(60)};  ///< without calls a function costs nothing any more
    std::size_t max_result = 64U * 1024 * 1024;  ///< bytes of an answer; a larger one is a failed call
    std::size_t keep_body =
        960U * 1024;  ///< bytes of an answer that are kept; also bounded by the server's `max_payload`
    callback_options callback{};
    /// All variables of a function, those of its bundle, too; what it throws is told, and then the deployment's alone count.
    /// Absent: these alone count.
    std::function<boost::asio::awaitable<text_map>(description)> variables{};
    /// Told what goes wrong, for a log: no URL with its user, no body. On the executor; must not throw.
    std::function<void(const std::string&)> on_trouble{};
};

/// What one worker did with the calls of a function since it started.
struct async_counts {
    std::uint64_t in_flight = 0;  ///< runs now
    std::uint64_t processed = 0;  ///< calls that ended in any way
    std::uint64_t retries = 0;
    std::uint64_t dead = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t callbacks = 0;  ///< delivered
    std::uint64_t callbacks_failed = 0;
    std::uint64_t callbacks_refused = 0;  ///< of those: for their address, see callback_rules
};

struct async_worker_stats {
    async_counts total{};
    std::map<function_name, async_counts> functions{};  ///< those that had calls
    std::map<function_name, std::uint64_t>
        pending{};         ///< queued, running or waiting for another try; from the last look
    std::size_t open = 0;  ///< functions whose queue is pulled from now
};

/// Runs the queued calls of all functions: every node has one. Each function has a consumer and a bound of its own, so that a
/// slow one does not hold up the others. A call is run at least once, and not again after its result is recorded, whoever is
/// killed when. All members on the connection's executor.
///
///     functions::async_worker worker(js, store, table, opts);
///     co_await worker.start();
///
/// The table is to be ready, and to outlive the worker; its on_change should tell `function_changed`.
class async_worker {
public:
    async_worker(jetstream::context js, function_store store, const function_table& table,
                 async_worker_options opts = async_worker_options());
    async_worker(const async_worker&) = delete;
    async_worker& operator=(const async_worker&) = delete;
    /// Ends at once: what runs is run again by another worker.
    ~async_worker();

    /// Opens the stream, the bucket and the dead letters (as async_queue::open makes them), and begins. Throws what
    /// jetstream::context throws.
    boost::asio::awaitable<void> start();
    /// Takes no more calls and waits for those that run; returns how many did not end within `timeout`: others run them again.
    boost::asio::awaitable<std::size_t> stop(std::chrono::nanoseconds timeout);

    /// A function was deployed, paused, resumed or deleted. Without it that is noticed with the next look.
    void function_changed(const function_name& name);

    async_worker_stats stats() const;

private:
    std::shared_ptr<detail::worker_core> core_;
};

}  // namespace mote::functions
