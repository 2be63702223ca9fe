#pragma once

#include <mote/micro/detail/otlp_http.hpp>
#include <mote/micro/detail/otlp_settings.hpp>
#include <mote/micro/middleware/tracing.hpp>
#include <mote/nats/async_event.hpp>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace mote::micro::detail {

/// Spans on their way to a collector. While some wait, a coroutine on the executor sends them, one request at a time;
/// else there is nothing: no timer and no socket keeps the loop going or outlives it, however long this lives.
class otlp_exporter : public std::enable_shared_from_this<otlp_exporter> {
public:
    otlp_exporter(boost::asio::any_io_executor executor, otlp_settings settings);

    /// Any thread.
    void add(span ended) noexcept;
    /// On the executor; see trace_exporter::flush.
    static boost::asio::awaitable<void> flush(std::shared_ptr<otlp_exporter> self, std::chrono::nanoseconds timeout);

    std::uint64_t dropped() const noexcept { return dropped_; }
    std::uint64_t sent() const noexcept { return sent_; }
    /// Pauses before another try of a refused batch that have begun.
    std::uint64_t pauses() const noexcept { return pauses_; }

private:
    enum class added { dropped, waits, first, full_batch };

    static boost::asio::awaitable<void> send_all(std::shared_ptr<otlp_exporter> self);
    static boost::asio::awaitable<void> send(std::shared_ptr<otlp_exporter> self, std::vector<span> batch,
                                             std::shared_ptr<nats::async_event> wake);
    added keep(span ended);
    void start();
    bool has_full_batch();
    std::vector<span> take_batch();
    /// False when there are more spans meanwhile.
    bool end_when_empty();
    void on_ended(const std::exception_ptr& failed) noexcept;
    void lose(std::size_t spans, const otlp_answer& why) noexcept;
    std::chrono::nanoseconds pause_after(int tries, const otlp_answer& answer) const;

    const boost::asio::any_io_executor executor_;
    const otlp_settings settings_;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> sent_ = 0;
    std::atomic<std::uint64_t> pauses_ = 0;

    std::mutex mutex_;  // of these two
    std::deque<span> waiting_;
    bool sending_ = false;

    // On the executor only. Events live in coroutines: nothing here may know the loop for longer.
    std::weak_ptr<nats::async_event> wake_;
    std::weak_ptr<nats::async_event> done_;
    bool flushing_ = false;
    bool losing_ = false;  // the last batch was lost, and that was said
};

}  // namespace mote::micro::detail
