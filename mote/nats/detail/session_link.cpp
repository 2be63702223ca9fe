#include <mote/nats/detail/session.hpp>
#include <mote/nats/protocol/writer.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mote::nats::detail {

namespace asio = boost::asio;

// ---- a link's life

void session::link_up() {
    linked_ = true;
    may_send_ = no_bound;
    pings_out_ = 0;
    const bool again = std::exchange(ever_linked_, true);
    if (status_ != connection_status::draining) status_ = connection_status::connected;
    // Taken for another server and too large for this one: it would end the link, again and again.
    const auto refused = outbox_.drop_larger_than(info_.max_payload);
    subscribe_again();
    for (auto& waiter : waiting_flushes_) {
        waiter->sent = std::chrono::steady_clock::now();
        protocol::write_ping(outbox_.end(small_operation));
        pongs_.push_back(std::move(waiter));
    }
    waiting_flushes_.clear();
    write_now();
    start_ping_timer();
    if (again) ++stats_.reconnects;
    emit(again ? event_kind::reconnected : event_kind::connected);
    for (const auto& subject : refused) emit(event_kind::error, errc::max_payload_exceeded, subject);
    use_info(false);
}

/// Before all that is buffered, so that a request finds the inbox of its reply.
void session::subscribe_again() {
    protocol::byte_buffer first;
    for (const auto& state : subscriptions_.all()) {
        if (state->draining) continue;
        state->received_on_earlier_links = state->received;
        protocol::write_sub(first, state->subject, state->opts.queue_group, state->sid);
        if (state->opts.max_messages != 0)
            protocol::write_unsub(first, state->sid, state->opts.max_messages - state->received);
    }
    outbox_.prepend(std::move(first));
}

asio::awaitable<void> session::run(std::shared_ptr<session> self) {
    for (;;) {
        const auto why = co_await self->read_loop();
        if (self->status_ == connection_status::closed) co_return;
        self->link_down(why);
        if (!self->opts_.reconnect.enabled) {
            self->finish(why);
            co_return;
        }
        if (!co_await self->reconnect()) co_return;
    }
}

asio::awaitable<boost::system::error_code> session::read_loop() {
    const auto link = transport_;
    auto failed = handle_input();  // what came together with the PONG
    while (!failed) {
        const auto room = read_room(input_needed_);
        try {
            const auto count = co_await link->read_some(room);
            input_.commit(count);
        } catch (const boost::system::system_error& error) {
            co_return broken_ ? broken_ : error.code();
        }
        failed = handle_input();
    }
    co_return failed;
}

void session::start_writer() {
    const auto self = shared_from_this();
    asio::co_spawn(executor_, write_rest(transport_), [self](const std::exception_ptr&) {});
}

asio::awaitable<void> session::write_rest(std::shared_ptr<transport> link) {
    boost::system::error_code failed;
    try {
        co_await link->wait_writable();
    } catch (const boost::system::system_error& error) {
        failed = error.code();
    }
    if (link != transport_ || !linked_) co_return;  // that link is gone
    writer_waits_ = false;
    if (failed) {
        fail_link(failed);
    } else {
        write_now();
    }
}

void session::start_ping_timer() {
    if (opts_.ping_interval.count() <= 0) return;
    ping_timer_.expires_after(opts_.ping_interval);
    ping_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        if (const auto self = weak.lock()) self->on_ping_timer();
    });
}

void session::on_ping_timer() {
    if (!linked_) return;
    if (pings_out_ >= opts_.max_pings_out) return fail_link(errc::stale_connection);
    ++pings_out_;
    protocol::write_ping(outbox_.end(small_operation));
    pongs_.push_back(nullptr);
    output_added();
    start_ping_timer();
}

void session::link_down(const boost::system::error_code& why) {
    linked_ = false;
    writer_waits_ = false;
    transport_->close();
    ping_timer_.cancel();
    outbox_.keep_messages();
    if (has_room()) tell_of_room();
    for (const auto& waiter : std::exchange(pongs_, {})) {
        if (waiter == nullptr) continue;
        waiter->failure = errc::disconnected;
        waiter->done.set();
    }
    if (status_ != connection_status::draining) status_ = connection_status::reconnecting;
    emit(event_kind::disconnected, why);
}

asio::awaitable<bool> session::reconnect() {
    const auto now = std::chrono::steady_clock::now();
    pool_.front_is_lost(now);  // another server first, if there is one
    if (std::exchange(forced_, false))
        pool_.all_are_due();
    else
        co_await wait_until(now + pool_.jitter());  // not all clients of a server at once
    std::string detail;
    const auto failed = co_await find_server(opts_.reconnect.max_rounds, detail);
    if (status_ == connection_status::closed) co_return false;
    if (failed) {
        finish(failed, detail);
        co_return false;
    }
    link_up();
    co_return true;
}

// ---- leaving a link in good order

/// The server will shut down: goes to another one at some moment of options::lame_duck_spread.
void session::leave_lame_duck() {
    if (status_ == connection_status::closed) return;  // by who was told of it
    if (opts_.lame_duck_spread.count() <= 0 || !opts_.reconnect.enabled || pool_.size() < 2) return;
    asio::co_spawn(executor_, leave(shared_from_this(), transport_), [](const std::exception_ptr&) {});
}

asio::awaitable<void> session::leave(std::shared_ptr<session> self, std::shared_ptr<transport> link) {
    const auto is_over = [&] { return link != self->transport_ || !self->linked_; };
    asio::steady_timer moment(self->executor_, random_up_to(self->opts_.lame_duck_spread));
    co_await moment.async_wait(asio::use_awaitable);
    if (is_over()) co_return;
    // What was sent before this PING has been taken when its PONG is here. What is published from now on waits for the next link.
    const auto taken = std::make_shared<pong_waiter>(self->executor_);
    protocol::write_ping(self->outbox_.end(small_operation));
    self->pongs_.push_back(taken);
    self->may_send_ = self->outbox_.size();
    self->write_now();
    // To close before would lose what it has not taken, however slow it is. It ends the link itself before long.
    const std::chrono::nanoseconds bound = self->opts_.drain_timeout;
    co_await taken->done.wait_for(bound);
    if (!is_over()) self->fail_link(errc::moved);
}

void session::finish(const boost::system::error_code& why, std::string detail) noexcept {
    if (status_ == connection_status::closed) return;
    status_ = connection_status::closed;
    linked_ = false;
    broken_ = why ? why : make_error_code(errc::closed);
    if (transport_ != nullptr) transport_->close();
    ping_timer_.cancel();
    retry_timer_.cancel();
    requests_timer_.cancel();
    outbox_.clear();
    tell_of_room();

    const auto closed = make_error_code(errc::closed);
    requests_.fail_all(closed);
    pongs_.insert(pongs_.end(), waiting_flushes_.begin(), waiting_flushes_.end());
    waiting_flushes_.clear();
    for (const auto& waiter : std::exchange(pongs_, {})) {
        if (waiter == nullptr) continue;
        waiter->failure = closed;
        waiter->done.set();
    }
    for (const auto& state : subscriptions_.all()) {
        state->failure = closed;
        subscriptions_.remove(state->sid);
        state->end();
    }
    request_subscription_ = nullptr;
    if (!in_read_batch_) subscriptions_.forget_removed();
    emit(event_kind::closed, why, std::move(detail));
}

}  // namespace mote::nats::detail
