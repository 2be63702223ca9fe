#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/pull_state.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace mote::jetstream::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds link_poll{50};      // while there is no link
constexpr std::chrono::milliseconds longest_look{500};  // after so long it looks whether there was a reconnect
constexpr std::chrono::milliseconds last_retry{2000};
constexpr std::chrono::milliseconds quiet{50};
constexpr std::chrono::seconds longest_quiet{1};

}  // namespace

void pull_state::start(delivery_handler handler) {
    handler_ = std::move(handler);
    reconnects_ = connection().stats().reconnects;
    open_inbox();
    started_ = true;
    watching_ = true;
    const auto self = shared_from_this();
    asio::co_spawn(connection().executor(), watch(self), [self](const std::exception_ptr&) { self->watch_ended(); });
    ask();
}

void pull_state::open_inbox() {
    const auto self = shared_from_this();
    in_burst_ = false;  // of an inbox that was given up within one
    nats::subscribe_options opts;
    opts.after_burst = [self] { self->after_burst(); };
    opts.on_error = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string& text) {
        if (const auto state = weak.lock(); state != nullptr && failed) state->end(failed, text);
    };
    opts.at_drain = [self] { self->give_back(); };
    inbox_ = connection().subscribe(
        connection().new_inbox(), [self](const nats::message_view& message) { self->on_message(message); },
        std::move(opts));
}

/// Messages that the server has taken for a request but not sent yet are lost when its inbox goes, until the ack wait has
/// passed. So this waits until all that was asked for has come, or nothing came for a while.
asio::awaitable<void> pull_state::wait_quiet(std::shared_ptr<pull_state> self) {
    const auto limit = clock::now() + longest_quiet;
    auto seen = self->received_;
    auto since = clock::now();
    while (self->demand_.requested() > 0 && clock::now() < limit) {
        if (self->connection().status() != nats::connection_status::connected) co_return;
        if (self->received_ != seen) {
            seen = self->received_;
            since = clock::now();
        } else if (clock::now() >= since + quiet) {
            co_return;
        }
        co_await self->wake_.wait_until(since + quiet);
    }
}

/// When this returns, nothing comes any more of what was asked for.
asio::awaitable<void> pull_state::retire_inbox(std::shared_ptr<pull_state> self) {
    if (self->inbox_.active()) co_await wait_quiet(self);
    auto old = std::move(self->inbox_);
    if (old.active()) {
        try {
            co_await old.drain(self->timeout());
        } catch (const boost::system::system_error&) {
            // The link is stuck or gone: nothing comes over it.
        }
    }
    self->demand_.all_ended();
}

/// From here on only what waits is handed out.
asio::awaitable<void> pull_state::drain_inbox(std::shared_ptr<pull_state> self) {
    co_await retire_inbox(self);
    self->drained_ = true;
    self->hand_out_waiting();
    self->changed_.set();
    self->tell_stops();
}

/// Servers before 2.10 mislay a nak'ed message until its ack wait when their queue has only requests that nobody listens
/// for any more. A request that expires at once makes them throw those out before.
asio::awaitable<void> pull_state::sweep_requests(std::shared_ptr<pull_state> self) {
    // (Those do not know of groups.)
    if (self->waiting_.empty() || server_is_at_least(self->js_, 2, 10)) co_return;
    try {
        auto inbox = self->connection().subscribe(self->connection().new_inbox());
        const nats::headers none;
        self->connection().publish(self->request_subject_, inbox.subject(), R"({"batch":1,"expires":1000000})", none);
        auto answer = co_await inbox.next(longest_quiet);
        if (!answer || !is_delivery(answer->view())) co_return;
        self->keep_waiting(std::move(*answer));
    } catch (const boost::system::system_error&) {
        // Then it does without.
    }
}

/// When nobody answers: ends it when the consumer or the stream is gone.
asio::awaitable<void> pull_state::look_for_consumer(std::shared_ptr<pull_state> self) {
    boost::system::error_code failed;
    std::string text;
    try {
        co_await self->js_.consumer(self->stream_, self->name_);
    } catch (const boost::system::system_error& thrown) {
        failed = thrown.code();
        text = thrown.what();
    }
    if (!failed) {
        self->unanswered_ = false;  // its leader was not there yet
    } else if (failed == errc::consumer_not_found || failed == errc::stream_not_found) {
        self->end(failed, text);
    } else if (!self->over()) {
        self->trouble(failed, text);
    }
}

asio::awaitable<void> pull_state::ask_anew(std::shared_ptr<pull_state> self) {
    self->next_try_ = clock::now() + self->retry_;
    self->retry_ = std::min(self->retry_ * 2, last_retry);
    self->reconnects_ = self->connection().stats().reconnects;
    co_await retire_inbox(self);
    if (self->unanswered_ && !self->over()) co_await look_for_consumer(self);
    if (self->over() || self->unanswered_) co_return;
    self->open_inbox();
    self->uncertain_ = false;
    self->ask();
}

/// The connection ends: what waits is for others, at once where they can still be told.
void pull_state::give_back() noexcept {
    if (failure_) return;
    nak_waiting();
    end(nats::errc::closed, "the connection is closed");
}

/// Sees what no message tells of.
void pull_state::look_at_link() {
    const auto status = connection().status();
    if (status == nats::connection_status::closed) return give_back();
    if (status != nats::connection_status::connected) return;
    const auto now = clock::now();
    if (connection().stats().reconnects != reconnects_) {
        uncertain_ = true;
        next_try_ = now;
    }
    if (std::exchange(heard_, false)) {
        last_sign_ = now;
        retry_ = first_retry;
    } else if (!uncertain_ && demand_.requested() > 0 && now - last_sign_ > 2 * opts_.idle_heartbeat) {
        uncertain_ = unanswered_ = true;  // servers before 2.10 say nothing when there is no such consumer
        trouble(errc::no_heartbeat, stream_ + " > " + name_);
    }
}

pull_state::clock::time_point pull_state::next_look() const {
    const auto now = clock::now();
    if (connection().status() != nats::connection_status::connected) return now + link_poll;
    if (uncertain_) return std::max(now, std::min(next_try_, now + longest_look));
    return now + std::min<std::chrono::nanoseconds>(longest_look, opts_.idle_heartbeat);
}

asio::awaitable<void> pull_state::watch(std::shared_ptr<pull_state> self) {
    while (!self->over()) {
        co_await self->wake_.wait_until(self->next_look());
        if (self->over()) break;
        self->look_at_link();
        const bool linked = self->connection().status() == nats::connection_status::connected;
        if (self->over() || self->drained_) continue;
        if (self->draining_) {
            co_await drain_inbox(self);
            continue;
        }
        if (!linked) continue;
        if (!self->uncertain_) {
            self->ask();
        } else if (clock::now() >= self->next_try_) {
            co_await ask_anew(self);
        }
    }
    co_await retire_inbox(self);
    if (!self->failure_) co_await sweep_requests(self);
    self->nak_waiting();
}

void pull_state::watch_ended() noexcept {
    watching_ = false;
    if (!over()) end(nats::errc::closed, "the connection is closed");  // what else a subscription throws
    tell_stops();
}

}  // namespace mote::jetstream::detail
