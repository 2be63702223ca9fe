#pragma once

#include <mote/functions/async_call.hpp>
#include <mote/jetstream/context.hpp>
#include <mote/kv/bucket.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace mote::functions {

/// How the stream and the bucket are made when they are not there; those that are there stay as they are.
struct async_queue_options {
    std::int64_t max_bytes = std::int64_t(1) << 30;  ///< of calls that wait or run; past it: `errc::queue_full`
    std::int64_t max_calls = 1'000'000;              ///< the same, in calls
    std::chrono::nanoseconds keep{
        std::chrono::hours(24)};  ///< how long states and results are kept after the last change
    std::chrono::nanoseconds duplicate_window{std::chrono::minutes(2)};  ///< a second call of one id is noticed exactly
    int replicas = 1;                                                    ///< in a cluster
};

struct enqueued {
    std::uint64_t sequence = 0;  ///< in the stream
    bool duplicate = false;      ///< there was a call of this id: it is not run twice
};

/// What became of `async_queue::cancel`.
enum class cancel_outcome {
    cancelled,  ///< a queued call is never run, a running one is told and not tried again
    ended,      ///< it was too late
    unknown,    ///< no such call, or none any more
};

/// Calls of functions that wait to be run by the workers of the nodes (async_worker), and what became of them: the stream
/// `mote_async` and the bucket `mote_calls`.
///
///     auto queue = co_await functions::async_queue::open(js);
///     co_await queue.enqueue(call);                       // then answer 202
///     const auto seen = co_await queue.state("3f2a");
///
/// A light handle; copies share what `submitted` counts. Executor, threads and errors of jetstream::context, beside those
/// named here. Many calls may be made at once.
class async_queue {
public:
    static constexpr const char* stream_name = "mote_async";
    static constexpr const char* bucket_name = "mote_calls";

    /// Opens stream and bucket, or creates them.
    static boost::asio::awaitable<async_queue> open(jetstream::context js,
                                                    async_queue_options opts = async_queue_options());

    /// Returns when JetStream has acknowledged that it keeps the call. Throws `errc::bad_call` for an id, a method or a path
    /// that cannot be one, `errc::bad_callback`, `errc::call_too_large` with the server's limit, `errc::queue_full`, and
    /// `errc::call_id_taken` where the id is that of another function's call. After any other error it may be kept or not:
    /// the same id again within the duplicate window makes it one call.
    boost::asio::awaitable<enqueued> enqueue(async_call call) const;
    /// What is known of a call; nothing when nobody queued it, or it ended longer ago than results are kept.
    boost::asio::awaitable<std::optional<call_record>> state(std::string call_id) const;
    boost::asio::awaitable<cancel_outcome> cancel(std::string call_id) const;
    /// How many calls of each function are queued, running, waiting for another try, or have ended and their callback is still
    /// to be made. One request.
    boost::asio::awaitable<std::map<function_name, std::uint64_t>> pending() const;

    std::uint64_t submitted() const noexcept;  ///< calls that were accepted since `open`
    /// Bytes of a body past which no call is taken; its headers make it less.
    std::size_t max_body() const noexcept;

private:
    struct shared;
    explicit async_queue(std::shared_ptr<shared> what) : shared_(std::move(what)) {}
    static boost::asio::awaitable<enqueued> put(std::shared_ptr<shared> self, async_call call);
    static boost::asio::awaitable<cancel_outcome> stop(std::shared_ptr<shared> self, std::string call_id);

    std::shared_ptr<shared> shared_;
};

}  // namespace mote::functions
