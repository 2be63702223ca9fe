#pragma once

#include <mote/jetstream/detail/pull_demand.hpp>
#include <mote/jetstream/pull_consumer.hpp>
#include <mote/nats/async_event.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::jetstream::detail {

/// What stands behind a pull_consumer, and behind its deliveries. Everything happens on the connection's executor.
///
/// The way of a message: `on_message` -> the handler, or `waiting_` -> `hand_out_waiting` or `next`. The way of a request:
/// `ask` sends what pull_demand wants, after each burst of messages and whenever something is settled.
/// A coroutine, `watch`, does what takes time. When it is not known any more what the server still has of our requests (a
/// new link, missing heartbeats, a new leader), it retires the inbox they were made with: the server drops requests that
/// nobody listens for. So the count starts from none, with a new inbox, and what is claimed stays within its bound.
class pull_state : public std::enable_shared_from_this<pull_state> {
public:
    using clock = std::chrono::steady_clock;

    pull_state(context js, const consumer_info& consumer, pull_options opts);
    pull_state(const pull_state&) = delete;
    pull_state& operator=(const pull_state&) = delete;
    ~pull_state() = default;

    void start(delivery_handler handler);
    bool started() const noexcept { return started_; }
    bool has_handler() const noexcept { return handler_ != nullptr; }
    static boost::asio::awaitable<std::optional<delivery>> next(std::shared_ptr<pull_state> self,
                                                                clock::time_point deadline);
    static boost::asio::awaitable<fetch_result> fetch(std::shared_ptr<pull_state> self, std::size_t batch,
                                                      fetch_options opts);
    std::size_t max_batch() const noexcept { return max_batch_; }
    std::chrono::nanoseconds max_expires() const noexcept { return max_expires_; }
    void begin_stop();
    static boost::asio::awaitable<std::size_t> finish_stop(std::shared_ptr<pull_state> self,
                                                           clock::time_point deadline);
    void begin_drain();
    static boost::asio::awaitable<std::size_t> finish_drain(std::shared_ptr<pull_state> self,
                                                            clock::time_point deadline);
    /// Ends it at once, when nobody waits for the end.
    void abandon() noexcept;

    pull_stats stats() const noexcept;
    const std::string& stream() const noexcept { return stream_; }
    const std::string& name() const noexcept { return name_; }

    // for deliveries
    const nats::connection& connection() const noexcept { return js_.connection(); }
    std::chrono::nanoseconds timeout() const noexcept { return js_.timeout(); }
    /// Throws `errc::not_supported` for a server that takes a `+TERM` with a reason for no acknowledgement at all.
    void require_term_with_reason() const;
    void on_settled(bool was_aside) noexcept;
    void on_set_aside() noexcept;

private:
    // pull_state.cpp: messages in, requests out (pull_fetch.cpp: one request by itself)
    /// As the server counts a message.
    static std::size_t bytes_of(const nats::message_view& message) noexcept {
        return message.subject.size() + message.reply.size() + message.headers.raw().size() + message.payload.size();
    }
    static bool is_delivery(const nats::message_view& message) noexcept {
        return message.reply.starts_with("$JS.ACK.");
    }
    void on_message(const nats::message_view& message);
    void on_status(const nats::message_view& message);
    void on_unpinned() noexcept;
    void after_burst();
    void call_handler(delivery& out);
    void hand_out_waiting();
    nats::message take_waiting();
    void keep_waiting(nats::message message);
    void nak_waiting() noexcept;
    void give_back() noexcept;
    void ask();
    void append_group(std::string& body) const;
    std::string request_body(std::size_t batch, std::size_t bytes) const;
    std::string fetch_body(std::size_t batch, const fetch_options& opts) const;
    bool send_request(std::size_t batch);
    void on_room() noexcept;
    void take_turn();
    void trouble(const boost::system::error_code& why, const std::string& text) noexcept;
    void end(const boost::system::error_code& why, const std::string& text) noexcept;
    bool over() const noexcept { return stopping_ || failure_; }
    bool all_handed_out() const noexcept { return drained_ && waiting_.empty(); }
    void tell_stops() noexcept;

    // pull_watch.cpp: what takes time
    void open_inbox();
    void look_at_link();
    clock::time_point next_look() const;
    static boost::asio::awaitable<void> watch(std::shared_ptr<pull_state> self);
    static boost::asio::awaitable<void> ask_anew(std::shared_ptr<pull_state> self);
    static boost::asio::awaitable<void> retire_inbox(std::shared_ptr<pull_state> self);
    static boost::asio::awaitable<void> drain_inbox(std::shared_ptr<pull_state> self);
    static boost::asio::awaitable<void> wait_quiet(std::shared_ptr<pull_state> self);
    static boost::asio::awaitable<void> sweep_requests(std::shared_ptr<pull_state> self);
    static boost::asio::awaitable<void> look_for_consumer(std::shared_ptr<pull_state> self);
    void watch_ended() noexcept;

    context js_;
    std::string stream_;
    std::string name_;
    std::size_t max_batch_;                 // of one request; 0: no bound
    std::chrono::nanoseconds max_expires_;  // the same
    pull_options opts_;
    bool pinned_client_;  // one of those who pull gets all
    std::string pin_{};   // the server's name for us while we are the one
    std::string request_subject_;
    delivery_handler handler_{};  // none: `next` takes

    nats::subscription inbox_{};
    pull_demand demand_;
    std::deque<nats::message> waiting_{};
    std::uint64_t received_ = 0;
    std::uint64_t troubles_ = 0;

    bool started_ = false;
    bool stopping_ = false;
    bool draining_ = false;  // asks for no more
    bool drained_ = false;   // and nothing comes any more
    bool in_burst_ = false;
    bool turn_posted_ = false;
    bool heard_ = false;       // a message or a heartbeat, since the last look
    bool uncertain_ = false;   // what the server has of our requests is not known
    bool unanswered_ = false;  // it is not known whether the consumer is there
    bool watching_ = false;
    boost::system::error_code failure_{};  // why it ended
    std::string failure_text_{};
    std::uint64_t reconnects_ = 0;  // that are known
    clock::time_point last_sign_{};
    clock::time_point next_try_{};  // not before this it asks anew
    static constexpr std::chrono::milliseconds first_retry{100};
    std::chrono::milliseconds retry_;
    nats::async_event wake_;     // for `watch`
    nats::async_event changed_;  // for `next`
    std::vector<std::shared_ptr<nats::async_event>> stops_{};
};

}  // namespace mote::jetstream::detail
