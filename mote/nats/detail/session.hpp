#pragma once

#include <mote/nats/async_event.hpp>
#include <mote/nats/connection.hpp>
#include <mote/nats/detail/open_request.hpp>
#include <mote/nats/detail/outbox.hpp>
#include <mote/nats/detail/request_table.hpp>
#include <mote/nats/detail/server_pool.hpp>
#include <mote/nats/detail/subscription_table.hpp>
#include <mote/nats/detail/transport.hpp>
#include <mote/nats/protocol/frame.hpp>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <limits>
#include <memory>
#include <optional>

namespace mote::nats::detail {

/// What stands behind a connection: one link at a time, its subscriptions, its requests, what waits to be sent.
/// Everything happens on one serial executor; `publish`, `respond`, `close_later` and `status` alone may be called from
/// elsewhere.
///
/// The way of a message in: `read_loop` -> `handle_input` -> `on_frame` -> `on_message` -> the handler, a queue or a
/// request. The way out: `publish` -> outbox -> `write_now`, once for all that one read produced.
class session : public std::enable_shared_from_this<session> {
public:
    session(boost::asio::any_io_executor executor, options opts);
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session() = default;

    boost::asio::awaitable<void> open();
    void close() noexcept;
    /// As `close`, from any thread.
    void close_later() noexcept;
    boost::asio::awaitable<void> drain(std::chrono::nanoseconds timeout);
    /// From any thread.
    void force_reconnect();

    void publish(std::string_view subject, std::string_view reply, std::string_view payload, const headers* headers);
    /// As publish, for a subject that came from the server.
    void respond(std::string_view subject, std::string_view payload, const headers* headers);
    std::shared_ptr<subscription_state> subscribe(std::string_view subject, message_handler handler,
                                                  subscribe_options opts);
    static subscription make_handle(std::shared_ptr<session> self, std::shared_ptr<subscription_state> state) {
        return {std::move(self), std::move(state)};
    }
    void unsubscribe(subscription_state& state, std::uint64_t max) noexcept;
    /// Tells the server at once; the rest happens when awaited.
    boost::asio::awaitable<void> drain_subscription(std::shared_ptr<subscription_state> state,
                                                    std::chrono::nanoseconds timeout);
    boost::asio::awaitable<message> request(std::string_view subject, std::string_view payload,
                                            const request_options& opts);
    boost::asio::awaitable<std::vector<message>> request_many(std::string_view subject, std::string_view payload,
                                                              const request_many_options& opts);
    replies ask(std::string_view subject, std::string_view payload, const headers& headers, std::size_t most);
    /// Looks then for requests whose deadline has come.
    void end_requests_at(std::chrono::steady_clock::time_point deadline);
    /// The time from the PING to its PONG.
    boost::asio::awaitable<std::chrono::nanoseconds> flush(std::chrono::nanoseconds timeout);
    bool has_room() const noexcept {
        return outbox_.size() <= std::min(most_unsent_with_room, opts_.max_outbound_bytes / 4);
    }
    boost::asio::awaitable<void> room(std::chrono::nanoseconds timeout);

    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    connection_status status() const noexcept { return status_; }
    connection_stats stats() const noexcept {
        auto now = stats_;
        now.unsent_bytes = outbox_.size();
        return now;
    }
    std::vector<known_server> servers() const;
    const server_info& info() const noexcept { return info_; }
    const options& opts() const noexcept { return opts_; }
    const std::string& connected_server() const noexcept { return connected_server_; }
    event_watch watch_events(std::function<void(const connection_event&)> watcher);
    std::string new_inbox() const;
    /// A handler that answers is the common case, and has the short way.
    bool on_executor() const noexcept { return handling_input_here == this || runs_on_executor(); }

private:
    using time_point = std::chrono::steady_clock::time_point;

    struct pong_waiter {
        explicit pong_waiter(const boost::asio::any_io_executor& executor) : done(executor) {}
        async_event done;
        boost::system::error_code failure;
        time_point sent{};
        time_point answered{};
    };

    // session_connect.cpp: making a link
    boost::asio::awaitable<boost::system::error_code> find_server(std::size_t max_rounds, std::string& detail);
    boost::asio::awaitable<boost::system::error_code> connect_round(std::string& detail);
    boost::asio::awaitable<void> next_server();
    std::optional<server_choice> ask_for_server() const;
    boost::asio::awaitable<void> wait_until(time_point due);
    boost::asio::awaitable<void> connect_front();
    boost::asio::awaitable<void> handshake(std::shared_ptr<transport> link);
    boost::asio::awaitable<std::shared_ptr<transport>> secure(std::shared_ptr<transport> plain);
    boost::asio::awaitable<void> write_all(std::shared_ptr<transport> link, protocol::byte_buffer bytes);
    boost::asio::awaitable<protocol::frame> read_frame(std::shared_ptr<transport> link);
    credentials login(const server_address& server) const;

    // session_link.cpp: a link's life, its loss and the next one
    boost::asio::awaitable<void> run(std::shared_ptr<session> self);
    boost::asio::awaitable<boost::system::error_code> read_loop();
    boost::asio::awaitable<bool> reconnect();
    boost::asio::awaitable<void> write_rest(std::shared_ptr<transport> link);
    void start_writer();
    void link_up();
    void subscribe_again();
    void link_down(const boost::system::error_code& why);
    void leave_lame_duck();
    static boost::asio::awaitable<void> leave(std::shared_ptr<session> self, std::shared_ptr<transport> link);
    void finish(const boost::system::error_code& why, std::string detail = {}) noexcept;
    void start_ping_timer();
    void on_ping_timer();

    // session_input.cpp: what comes in
    boost::asio::mutable_buffer read_room(std::size_t needed);
    boost::system::error_code handle_input();
    void on_frame(const protocol::frame& frame);
    void on_message(const protocol::frame& frame);
    void on_reply(const message_view& view);
    pending_request* asker_of(const message_view& reply);
    void enqueue(subscription_state& state, const message_view& view);
    void end_burst();
    void on_info(std::string_view json);
    void use_info(bool was_lame_duck);
    void on_server_error(std::string_view text);
    void on_permissions_violation(std::string_view text);
    void fail_denied_publish(std::string_view subject);
    void on_pong();
    /// Calls what the user gave for a subscription; what it throws becomes an event.
    template <class Callback, class... Arguments>
    void call(const subscription_state& state, const Callback& callback, const Arguments&... arguments);

    // session.cpp: what goes out
    void publish_from_elsewhere(std::string_view subject, std::string_view reply, std::string_view payload,
                                const headers* headers);
    bool runs_on_executor() const noexcept;
    void publish_here(std::string_view subject, std::string_view reply, std::string_view payload,
                      const headers* headers);
    void append(std::string_view subject, std::string_view reply, std::string_view payload, const headers* headers);
    std::size_t send_uncopied(std::string_view subject, std::string_view reply, std::string_view payload,
                              const headers* headers, std::size_t block_size);
    void make_room(std::size_t needed);
    void output_added() {
        if (!linked_ || writer_waits_) return;
        if (outbox_.size() >= write_early_bytes) return write_now();
        if (!in_read_batch_ && !write_scheduled_) schedule_write();
    }
    void schedule_write();
    void write_now();
    void tell_of_room();
    void fail_link(const boost::system::error_code& why) noexcept;
    void require_open() const;

    // session_subscriptions.cpp
    std::shared_ptr<subscription_state> add_subscription(std::string_view subject, message_handler handler,
                                                         subscribe_options opts);
    void end_subscription(subscription_state& state);
    void start_drain(subscription_state& state);
    static boost::asio::awaitable<void> finish_drain(std::shared_ptr<session> self,
                                                     std::shared_ptr<subscription_state> state, time_point deadline);
    boost::asio::awaitable<void> all_has_arrived(time_point deadline);
    boost::asio::awaitable<void> all_is_taken(std::shared_ptr<subscription_state> state, time_point deadline);
    boost::asio::awaitable<void> all_is_sent(time_point deadline);

    // session_requests.cpp
    void make_request_inbox();
    /// Sends a request that waits for one reply, or for those of which `most` may wait to be taken.
    std::shared_ptr<open_request> send_request(std::string_view subject, std::string_view payload,
                                               const headers& headers, std::size_t most);
    static boost::asio::awaitable<message> await_reply(std::shared_ptr<open_request> request, time_point deadline);
    void on_requests_timer();

    void emit(event_kind kind, const boost::system::error_code& error = {}, std::string detail = {},
              std::string subject = {}) noexcept;
    std::chrono::nanoseconds or_default(std::chrono::nanoseconds timeout) const {
        return timeout.count() > 0 ? timeout : std::chrono::nanoseconds(opts_.request_timeout);
    }

    /// The session whose input this thread is handling.
    static constinit thread_local const session* handling_input_here;

    boost::asio::any_io_executor executor_;
    options opts_;
    std::vector<std::weak_ptr<const std::function<void(const connection_event&)>>> event_watchers_;
    server_pool pool_;
    server_info info_;
    std::string connected_server_;
    std::atomic<connection_status> status_ = connection_status::connecting;
    connection_stats stats_;

    std::shared_ptr<transport> transport_;
    protocol::byte_buffer input_;
    std::size_t input_needed_ = 0;      // bytes that the first operation in input_ needs in all, as far as is known
    boost::system::error_code broken_;  // why the link is to be given up
    bool linked_ = false;               // handshake done, link not given up
    bool ever_linked_ = false;
    bool in_read_batch_ = false;  // one write follows at the end of it
    bool write_scheduled_ = false;
    subscription_state* burst_ = nullptr;  // whose messages are coming in a row
    bool writer_waits_ = false;            // write_rest() waits for the socket
    bool forced_ = false;                  // the link was given up by force_reconnect()
    /// Written at once, even within a read batch, so that the outbox stays small and in the processor's cache.
    static constexpr std::size_t write_early_bytes = 60 * 1024;
    /// A payload of so many bytes goes from where it lies to the socket, if that takes it now.
    static constexpr std::size_t uncopied_bytes = 32 * 1024;
    /// Past it the socket takes no more now, or there is none: see write_early_bytes.
    static constexpr std::size_t most_unsent_with_room = 256 * 1024;
    /// Bytes of an operation without a subject and a payload, at most.
    static constexpr std::size_t small_operation = 64;
    /// Bytes that this link still gets; what comes after them waits for the next one.
    static constexpr std::size_t no_bound = std::numeric_limits<std::size_t>::max();
    std::size_t may_send_ = no_bound;

    outbox outbox_;
    protocol::byte_buffer head_;  // of a message whose payload is not copied
    std::vector<std::shared_ptr<async_event>> waiting_for_room_;
    std::atomic<std::size_t> posted_bytes_{0};  // published by other threads, not yet in the outbox
    subscription_table subscriptions_;
    request_table requests_;
    std::string request_inbox_;  // "<prefix>.<nuid>."
    std::string reply_subject_;  // of the latest request
    subscription_state* request_subscription_ = nullptr;

    std::deque<std::shared_ptr<pong_waiter>> pongs_;             // one a PING on this link; null for a keepalive
    std::vector<std::shared_ptr<pong_waiter>> waiting_flushes_;  // for the next link
    boost::asio::steady_timer ping_timer_;
    unsigned pings_out_ = 0;
    boost::asio::steady_timer retry_timer_;
    boost::asio::steady_timer requests_timer_;
    time_point requests_end_ = time_point::max();  // when it is due, while it is set
};

}  // namespace mote::nats::detail
