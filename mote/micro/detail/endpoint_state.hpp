#pragma once

#include <mote/micro/detail/call.hpp>
#include <mote/micro/detail/failure_log.hpp>
#include <mote/micro/endpoint.hpp>
#include <mote/micro/service.hpp>
#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>

#include <memory>
#include <string>

namespace mote::micro::detail {

/// One endpoint: what it is, its handler, its subscription and its counters. Lives on the connection's executor; only
/// `respond` and `respond_error` may be called from elsewhere.
/// The way of a request: the subscription -> `on_message` -> the handler -> `respond` -> `finish`.
class endpoint_state : public std::enable_shared_from_this<endpoint_state> {
public:
    endpoint_state(endpoint_info info, detail::any_handler handler, std::size_t max_in_flight,
                   std::shared_ptr<const failure_log> log);

    void start(const nats::connection& connection);
    /// Tells the server at once to send no more; wait for what comes back, then for `wait_idle`.
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout) { return subscription_.drain(timeout); }
    /// False when calls were still going on at the deadline.
    boost::asio::awaitable<bool> wait_idle(std::chrono::steady_clock::time_point deadline);
    /// Takes no more messages, and lets the connection go when the last call has ended.
    void release() noexcept;

    const endpoint_info& info() const noexcept { return info_; }
    bool idle() const noexcept { return counts_.in_flight == 0; }
    endpoint_stats stats() const;
    void reset();

    // for calls
    void respond(call_record& record, std::string_view payload, const nats::headers* headers);
    void respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                       const nats::headers& headers);
    void fail_with_current_exception(call_record& record) noexcept;
    void finish(call_record& record) noexcept;
    std::shared_ptr<call_record> take_over(call_record& borrowed);
    void add_time(std::chrono::nanoseconds time) { counts_.processing_time += time; }

private:
    void on_message(const nats::message_view& message);
    void end_burst();
    template <class Call, class Handler>
    void run_inline(const nats::message_view& message, const Handler& handler);
    template <class Call, class Handler>
    void run_coroutine(const nats::message_view& message, const Handler& handler);
    bool is_event() const noexcept { return handler_.index() >= 2; }
    bool is_inline() const noexcept { return handler_.index() % 2 == 0; }
    void fail_with(call_record& record, const char* cause) noexcept;
    void count_error(call_record& record, std::string text);
    template <class Change>
    void change_counts(Change change);
    void on_idle() noexcept;
    void report(std::string_view subject, std::string error, std::string cause) const noexcept;

    endpoint_info info_;
    detail::any_handler handler_;
    std::size_t max_in_flight_;
    std::shared_ptr<const failure_log> log_;
    nats::connection connection_;
    nats::subscription subscription_;
    endpoint_stats counts_;
    std::weak_ptr<nats::async_event> idle_;  // while somebody waits: nothing here may outlive the loop
    bool ending_ = false;                    // somebody has to know when it is idle
    bool released_ = false;                  // no message will come
    bool in_burst_ = false;
    std::chrono::steady_clock::time_point burst_started_{};
};

}  // namespace mote::micro::detail
