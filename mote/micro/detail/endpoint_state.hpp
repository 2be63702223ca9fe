#pragma once

#include <mote/micro/detail/admission.hpp>
#include <mote/micro/detail/call.hpp>
#include <mote/micro/detail/cancellable_calls.hpp>
#include <mote/micro/detail/failure_log.hpp>
#include <mote/micro/detail/idle_waiters.hpp>
#include <mote/micro/detail/load.hpp>
#include <mote/micro/detail/report_rate.hpp>
#include <mote/micro/detail/running_call.hpp>
#include <mote/micro/detail/sent_replies.hpp>
#include <mote/micro/detail/served.hpp>
#include <mote/micro/endpoint.hpp>
#include <mote/micro/service.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <exception>
#include <memory>
#include <string>

namespace mote::micro::detail {

class stream_control;
class worker_threads;

/// One endpoint: what it is, its handler, its subscription and its counters. Lives on the connection's executor; only
/// `respond` and `respond_error` may be called from elsewhere.
/// The way of a request: the subscription -> `on_message` -> `admit` -> the middleware -> the handler -> `respond` ->
/// `finish`.
class endpoint_state final : public call_owner, public served, public std::enable_shared_from_this<endpoint_state> {
public:
    /// `opts` as they are after all defaults: its queue group, subject and metadata are in `info`. `service` is a name.
    endpoint_state(endpoint_info info, std::string service, endpoint_kind kind, chain way, const endpoint_options& opts,
                   std::shared_ptr<const failure_log> log, std::shared_ptr<sent_replies> replies,
                   std::shared_ptr<cancellable_calls> cancellable);
    ~endpoint_state() override;

    // served
    void put_outermost(const middleware& outermost) override { way_.put_outermost(outermost); }
    void start(const nats::connection& connection) override;
    boost::asio::awaitable<void> opened() override;
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout) override;
    boost::asio::awaitable<bool> wait_idle(std::chrono::steady_clock::time_point deadline) override;
    void release() noexcept override;
    void on_direct_message(const nats::message_view& message) override;
    const endpoint_info& info() const noexcept override { return info_; }
    void on_denied(const std::string& text) override;
    bool idle() const noexcept override { return counts_.in_flight == 0; }
    const std::string& refused() const noexcept override { return refused_; }
    endpoint_stats stats() const override;
    void reset() override;

    // call_owner
    const std::string& service() const noexcept override { return service_; }
    void respond(call_record& record, std::string_view payload, const nats::headers* headers) override;
    void respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                       const nats::headers& headers) override;
    void fail_with_current_exception(call_record& record) noexcept override;
    void finish(call_record& record) noexcept override;
    std::shared_ptr<call_record> take_over(call_record& borrowed) override;
    void add_time(std::chrono::nanoseconds time) noexcept;

    // for streams of replies
    const nats::connection& connection() const noexcept { return connection_; }
    std::chrono::nanoseconds reader_timeout() const noexcept { return reader_timeout_; }
    /// What brings the orders of their readers; made when the first one asks for a window.
    std::shared_ptr<stream_control> streams();
    /// Answers with one more message, on the executor; a reply to it goes to `control` if that is not empty.
    void respond_in_stream(call_record& record, std::string_view control, std::string_view payload,
                           const nats::headers& headers);
    /// The same as without `headers`, which are added to the answer.
    void fail_with_current_exception(call_record& record, const nats::headers& headers) noexcept;
    /// Ends a call whose caller does not want its answer any more.
    void give_up(call_record& record, bool expired) noexcept;

private:
    void on_message(const nats::message_view& message);
    void on_refused(const boost::system::error_code& failed, const std::string& text);
    void end_burst();
    void run_inline(const nats::message_view& message);
    void admit(const nats::message_view& message);
    void start_call(request req) noexcept;
    void let_cancel(call_record& record);
    void begin_call(const std::shared_ptr<call_record>& record, request req);
    void on_call_ended(call_record& record, const std::exception_ptr& failed, running_call::ending why) noexcept;
    void start_waiting() noexcept;
    bool is_event() const noexcept { return kind_ == endpoint_kind::event; }
    bool is_inline() const noexcept { return way_.inline_from == 0 && !elsewhere_; }
    bool may_wait() const noexcept { return way_.inline_from != 0; }
    void fail_with(call_record& record, const char* cause, const nats::headers& headers) noexcept;
    void count_error(call_record& record, std::string text);
    template <class Change>
    void change_counts(const call_record& record, Change change);
    void on_idle() noexcept;
    void report(std::string_view subject, std::string error, std::string cause) const noexcept;

    endpoint_info info_;
    std::string service_;
    endpoint_kind kind_;
    chain way_;
    admission admission_;
    std::shared_ptr<worker_threads> threads_;
    boost::asio::any_io_executor elsewhere_;  // empty: handlers run on the connection's executor
    std::chrono::nanoseconds reader_timeout_;
    std::shared_ptr<stream_control> streams_;
    std::shared_ptr<const failure_log> log_;
    std::shared_ptr<sent_replies> replies_;
    std::shared_ptr<cancellable_calls> cancellable_;  // null: its callers cannot cancel
    report_rate denials_{1};
    nats::connection connection_;
    nats::subscription subscription_;
    std::string refused_;
    endpoint_stats counts_;
    std::unique_ptr<load> load_;  // made by the first request: many endpoints are never asked
    idle_waiters idle_;
    bool ending_ = false;         // somebody has to know when it is idle
    bool released_ = false;       // no message will come
    bool starting_ = false;       // the line is being looked through
    std::uint64_t in_burst_ = 0;  // messages of a burst so far
    std::chrono::steady_clock::time_point burst_started_{};
};

}  // namespace mote::micro::detail
