#pragma once

#include <mote/jetstream/context.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <mote/micro/detail/call.hpp>
#include <mote/micro/detail/failure_log.hpp>
#include <mote/micro/detail/idle_waiters.hpp>
#include <mote/micro/detail/load.hpp>
#include <mote/micro/detail/report_rate.hpp>
#include <mote/micro/detail/served.hpp>
#include <mote/micro/detail/work_item.hpp>
#include <mote/micro/detail/work_lines.hpp>
#include <mote/micro/work.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace mote::micro::detail {

class worker_threads;

/// A work endpoint: the stream that keeps its work, the consumer that hands it out, the handler. On the connection's
/// executor.
/// The way of a message: the consumer -> `on_delivery` -> the middleware -> the handler -> `on_ended` -> ack, nak or the
/// dead letters. With an order, lines are between `on_delivery` and the middleware, and a try that failed goes back to them:
/// work_ordered.cpp.
class work_state final : public call_owner, public served, public std::enable_shared_from_this<work_state> {
public:
    /// `service` and `consumer` are names, as is the stream in `opts`; the subject is in `info`.
    work_state(endpoint_info info, std::string service, std::string consumer, chain way, work_options opts,
               std::shared_ptr<const failure_log> log);
    ~work_state() override;

    // served
    void put_outermost(const middleware& outermost) override { way_.put_outermost(outermost); }
    void start(const nats::connection& connection) override;
    boost::asio::awaitable<void> opened() override;
    void open_later(const std::string& why) override;
    void never_open(const std::string& why) override;
    std::string jetstream_prefix() const override { return js_.api_prefix(); }
    void on_denied(const std::string& text) override;
    bool settles_on(std::string_view subject) const override;
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout) override;
    boost::asio::awaitable<bool> wait_idle(std::chrono::steady_clock::time_point deadline) override;
    void release() noexcept override;
    void on_direct_message(const nats::message_view& message) override;
    const endpoint_info& info() const noexcept override { return info_; }
    std::string queue() const override { return queue_of(opts_, consumer_); }
    static std::string queue_of(const work_options& opts, const std::string& consumer);
    bool idle() const noexcept override { return counts_.in_flight == 0 && waiting_.empty(); }
    const std::string& refused() const noexcept override { return trouble_; }
    endpoint_stats stats() const override;
    void reset() override;

    // call_owner
    const std::string& service() const noexcept override { return service_; }
    void respond(call_record& record, std::string_view payload, const nats::headers* headers) override;
    void respond_error(call_record& record, int status, std::string_view description, std::string_view data,
                       const nats::headers& headers) override;
    void fail_with_current_exception(call_record&) noexcept override {}
    void finish(call_record&) noexcept override {}
    std::shared_ptr<call_record> take_over(call_record& borrowed) override;

private:
    struct job;
    /// That a message is not to be tried any more, and why.
    struct verdict {
        std::uint64_t sequence = 0;  // in the stream
        std::chrono::system_clock::time_point stored{};
        std::uint64_t tries = 0;
        std::string reason{};
    };
    static constexpr const char* order_group = "order";
    /// A message may be handed out without being begun: behind another one of its key, or given back by who stops. So many
    /// times as often as it may be tried it must have come before it is taken for one that kills its instances.
    static constexpr std::uint64_t hand_outs_a_try = 3;

    static boost::asio::awaitable<void> open(std::shared_ptr<work_state> self);
    static boost::asio::awaitable<void> open_again(std::shared_ptr<work_state> self);
    static boost::asio::awaitable<void> bury(std::shared_ptr<work_state> self, std::shared_ptr<job> what,
                                             std::string reason);
    static boost::asio::awaitable<void> look_at_backlog(std::shared_ptr<work_state> self);
    boost::asio::awaitable<void> open_stream(jetstream::context js);  // its caller keeps this
    jetstream::stream_config new_stream() const;
    void consume(const jetstream::consumer_info& consumer);
    void reopen();
    void in_trouble(const std::string& error, const std::string& cause);
    void remember(verdict given);
    std::optional<verdict> take_verdict(const work_item& item);
    void on_delivery(jetstream::delivery& delivery);
    void begin_unordered(const std::shared_ptr<work_item>& item);
    void begin(const std::shared_ptr<work_item>& item, bool hopeless);
    void run_here(const std::shared_ptr<job>& what) noexcept;
    std::chrono::nanoseconds on_ended(const std::shared_ptr<job>& what, const std::exception_ptr& failed) noexcept;
    void settle(const std::shared_ptr<job>& what, const std::exception_ptr& failed);
    void count_failure(job& what, int status, std::string text);
    void try_again(job& what, std::chrono::nanoseconds delay);
    void nak(work_item& item, std::chrono::nanoseconds delay) noexcept;
    void give_up_on(const std::shared_ptr<job>& what, std::string reason);
    void ended(job& what) noexcept;
    void count_end() noexcept;
    std::chrono::nanoseconds wait_before(std::uint64_t next_try) const;
    void count_slice(std::chrono::nanoseconds took);
    void go_on();
    void tick();
    void keep_alive();
    void report(std::string error, std::string cause) const noexcept;

    // work_ordered.cpp
    static boost::asio::awaitable<jetstream::consumer_info> open_ordered(std::shared_ptr<work_state> self,
                                                                         jetstream::context js,
                                                                         jetstream::consumer_config config);
    void set_order(jetstream::pull_options& pull, const jetstream::consumer_info& consumer);
    bool in_order(const jetstream::consumer_info& consumer) const noexcept;
    void lost_order();
    static boost::asio::awaitable<void> settle_gone(std::shared_ptr<work_state> self,
                                                    jetstream::consumer_info consumer);
    void line_up(std::shared_ptr<work_item> item);
    void begin_ready();
    void wait_in_line(const std::shared_ptr<work_item>& item, std::chrono::nanoseconds delay);
    void give_back() noexcept;
    boost::asio::awaitable<void> let_others(jetstream::context js);  // its caller keeps this
    void forget_when_silent();
    void distrust();
    void look_for_others();
    static boost::asio::awaitable<void> wait_for_others(std::shared_ptr<work_state> self);

    endpoint_info info_;
    std::string service_;
    std::string consumer_;
    chain way_;
    work_options opts_;
    std::shared_ptr<const failure_log> log_;
    std::shared_ptr<worker_threads> threads_;
    boost::asio::any_io_executor elsewhere_;  // empty: handlers run on the connection's executor
    nats::connection connection_;
    jetstream::context js_;
    std::optional<jetstream::pull_consumer> pull_;
    std::optional<boost::asio::steady_timer> timer_;
    std::unordered_set<work_item*> running_;          // without an order; also what waits
    std::deque<std::shared_ptr<work_item>> waiting_;  // for its turn, while inline handlers let the loop go on
    work_lines<work_item> lines_;                     // with an order
    std::string pin_;  // the server's name for the time in which only this instance gets messages
    std::size_t most_held_ = 0;
    std::uint64_t distrusts_ = 0;
    std::chrono::steady_clock::time_point sign_of_life_{};  // all that was sent before this has reached the server
    std::string trouble_;
    std::shared_ptr<boost::asio::steady_timer> reopen_pause_;
    std::uint64_t starts_ = 0;
    std::map<std::uint64_t, verdict> unburied_;  // by sequence: what the dead letters have not taken yet
    report_rate denials_{1};
    report_rate refused_burials_{1};
    endpoint_stats counts_;
    load load_;
    idle_waiters idle_;
    std::chrono::nanoseconds slice_{};  // that inline handlers took since the loop went on
    bool yielding_ = false;             // it is to go on before another one begins
    bool stopping_ = false;
    bool reopening_ = false;
    bool pinned_ = false;  // one instance gets all; else the server hands out one message at a time
    bool alone_ = true;    // all that is handed out and not settled is here
    bool looking_ = false;
    bool beginning_ = false;
};

}  // namespace mote::micro::detail
