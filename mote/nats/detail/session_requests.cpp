#include <mote/nats/detail/deadline.hpp>
#include <mote/nats/detail/session.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/nats/protocol/writer.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <utility>

namespace mote::nats::detail {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

bool is_no_responders(const message& reply) { return reply.status() == 503 && reply.payload().empty(); }

}  // namespace

std::string session::new_inbox() const { return opts_.inbox_prefix + "." + next_nuid(); }

/// A new one where a late answer may come to the old one: under another subject than it was sent to it would be taken for that
/// of the next request.
void session::make_request_inbox() {
    if (request_subscription_ != nullptr && requests_.only_late_ones())
        unsubscribe(*std::exchange(request_subscription_, nullptr), 0);
    if (request_subscription_ != nullptr) return;
    requests_.forget_late_ones();
    request_inbox_ = new_inbox() + ".";
    // on_message knows this subscription and never calls a handler for it.
    request_subscription_ = add_subscription(request_inbox_ + "*", [](const message_view&) {}, {}).get();
}

std::shared_ptr<open_request> session::send_request(std::string_view subject, std::string_view payload,
                                                    const headers& headers, std::size_t most) {
    require_open();
    if (!is_valid_publish_subject(subject)) throw_error(errc::bad_subject, subject);
    make_request_inbox();
    auto opened = std::make_shared<open_request>(shared_from_this(), requests_, requests_.open(executor_, subject));
    opened->pending().most = most;
    reply_subject_ = request_inbox_;
    request_table::append_token(opened->ticket, reply_subject_);
    publish_here(subject, reply_subject_, payload, &headers);
    return opened;
}

// ---- one reply

asio::awaitable<message> session::request(std::string_view subject, std::string_view payload,
                                          const request_options& opts) {
    auto opened = send_request(subject, payload, opts.headers, 0);
    return await_reply(std::move(opened), deadline_after(or_default(opts.timeout)));
}

asio::awaitable<message> session::await_reply(std::shared_ptr<open_request> request, time_point deadline) {
    auto& pending = request->pending();
    pending.deadline = deadline;
    request->owner->end_requests_at(deadline);
    co_await pending.done.wait_until(time_point::max());
    if (pending.failure) throw boost::system::system_error(pending.failure, "request to " + pending.subject);
    if (is_no_responders(pending.reply)) throw_error(errc::no_responders, pending.subject);
    co_return std::move(pending.reply);
}

/// One timer for all requests: one that is set for each of them would cost it a system call. It is set again only when it has
/// come, or for a request that waits less than all others.
void session::end_requests_at(time_point deadline) {
    if (deadline >= requests_end_) return;
    requests_end_ = deadline;
    requests_timer_.expires_at(deadline);
    requests_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        if (const auto self = weak.lock()) self->on_requests_timer();
    });
}

void session::on_requests_timer() {
    // Looks at all requests, so not for each of many that end one after the other.
    constexpr auto least_pause = std::chrono::milliseconds(1);
    requests_end_ = time_point::max();
    const auto now = clock::now();
    const auto next = requests_.expire(now);
    if (next != time_point::max()) end_requests_at(std::max<time_point>(next, now + least_pause));
}

// ---- many replies

replies session::ask(std::string_view subject, std::string_view payload, const headers& headers, std::size_t most) {
    return replies(send_request(subject, payload, headers, std::max<std::size_t>(most, 1)));
}

namespace {

/// Reads replies from `inbox` until one of the bounds is met.
asio::awaitable<std::vector<message>> collect(replies inbox, std::string subject, std::size_t max_messages,
                                              std::chrono::nanoseconds stall, clock::time_point deadline) {
    std::vector<message> replies;
    while (max_messages == 0 || replies.size() < max_messages) {
        auto until = deadline;
        if (stall.count() > 0 && !replies.empty()) until = std::min(until, deadline_after(stall));
        std::optional<message> reply;
        try {
            reply = co_await inbox.next(time_left(until));
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != errc::timeout) throw;
        }
        if (!reply) break;
        if (replies.empty() && is_no_responders(*reply)) throw_error(errc::no_responders, subject);
        replies.push_back(std::move(*reply));
        if (clock::now() >= deadline) break;
    }
    co_return replies;
}

}  // namespace

asio::awaitable<std::vector<message>> session::request_many(std::string_view subject, std::string_view payload,
                                                            const request_many_options& opts) {
    constexpr std::size_t most_waiting = 65'536;
    return collect(ask(subject, payload, opts.headers, most_waiting), std::string(subject), opts.max_messages,
                   opts.stall, deadline_after(or_default(opts.timeout)));
}

// ---- flush

asio::awaitable<std::chrono::nanoseconds> session::flush(std::chrono::nanoseconds timeout) {
    require_open();
    const auto self = shared_from_this();
    const auto waiter = std::make_shared<pong_waiter>(executor_);
    if (linked_ && may_send_ == no_bound) {
        waiter->sent = clock::now();
        protocol::write_ping(outbox_.end(small_operation));
        pongs_.push_back(waiter);
        output_added();
    } else {
        // Those of which nobody waits any more would pile up while the server is away.
        std::erase_if(waiting_flushes_, [](const auto& other) { return other.use_count() == 1; });
        waiting_flushes_.push_back(waiter);
    }
    const auto answered = co_await waiter->done.wait_until(deadline_after(or_default(timeout)));
    if (!answered) throw_error(errc::timeout, "flush");
    if (waiter->failure) throw boost::system::system_error(waiter->failure, "flush");
    co_return waiter->answered - waiter->sent;
}

}  // namespace mote::nats::detail
