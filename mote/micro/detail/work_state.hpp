#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <mote/micro/detail/call.hpp>
#include <mote/micro/detail/failure_log.hpp>
#include <mote/micro/detail/load.hpp>
#include <mote/micro/detail/served.hpp>
#include <mote/micro/work.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

namespace mote::micro::detail {

class worker_threads;

/// A work endpoint: the stream that keeps its work, the consumer that hands it out, the handler. On the connection's
/// executor.
/// The way of a message: the consumer -> `on_delivery` -> the middleware -> the handler -> `on_ended` -> ack, nak or the
/// dead letters.
class work_state final : public call_owner, public served, public std::enable_shared_from_this<work_state> {
public:
    /// `service` and `stream` are names; the subject is in `info`.
    work_state(endpoint_info info, std::string service, chain way, work_options opts,
               std::shared_ptr<const failure_log> log);
    ~work_state() override;

    // served
    void put_outermost(const middleware& outermost) override { way_.put_outermost(outermost); }
    void start(const nats::connection& connection) override;
    boost::asio::awaitable<void> opened() override;
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout) override;
    boost::asio::awaitable<bool> wait_idle(std::chrono::steady_clock::time_point deadline) override;
    void release() noexcept override;
    void on_direct_message(const nats::message_view& message) override;
    const endpoint_info& info() const noexcept override { return info_; }
    bool idle() const noexcept override { return counts_.in_flight == 0; }
    const std::string& refused() const noexcept override { return trouble_; }
    endpoint_stats stats() const override;
    void reset() override;

    // call_owner
    void respond(call_record& record, std::string_view payload, const nats::headers* headers) override;
    void respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                       const nats::headers& headers) override;
    void fail_with_current_exception(call_record&) noexcept override {}
    void finish(call_record&) noexcept override {}
    std::shared_ptr<call_record> take_over(call_record& borrowed) override;

private:
    struct job;

    static boost::asio::awaitable<void> open(std::shared_ptr<work_state> self);
    static boost::asio::awaitable<void> open_again(std::shared_ptr<work_state> self);
    static boost::asio::awaitable<void> bury(std::shared_ptr<work_state> self, std::shared_ptr<job> what,
                                             std::string reason);
    static boost::asio::awaitable<void> look_at_backlog(std::shared_ptr<work_state> self);
    boost::asio::awaitable<void> open_stream(jetstream::context js);  // its caller keeps this
    void consume(const jetstream::consumer_info& consumer);
    void on_delivery(jetstream::delivery& delivery);
    void on_ended(const std::shared_ptr<job>& what, const std::exception_ptr& failed) noexcept;
    void settle(const std::shared_ptr<job>& what, const std::exception_ptr& failed);
    void count_failure(std::string text);
    void try_again(job& what, std::chrono::nanoseconds delay);
    void give_up_on(const std::shared_ptr<job>& what, std::string reason);
    void ended(job& what) noexcept;
    std::chrono::nanoseconds wait_before(std::uint64_t next_try) const;
    void tick();
    void report(std::string error, std::string cause) const noexcept;

    endpoint_info info_;
    std::string service_;
    chain way_;
    work_options opts_;
    std::shared_ptr<const failure_log> log_;
    std::shared_ptr<worker_threads> threads_;
    boost::asio::any_io_executor elsewhere_;  // empty: handlers run on the connection's executor
    nats::connection connection_;
    jetstream::context js_;
    std::optional<jetstream::pull_consumer> pull_;
    std::optional<boost::asio::steady_timer> timer_;
    std::unordered_set<job*> running_;
    std::string trouble_;
    endpoint_stats counts_;
    load load_;
    std::weak_ptr<nats::async_event> idle_;  // while somebody waits
    bool stopping_ = false;
};

}  // namespace mote::micro::detail
