#include <mote/nats/detail/deadline.hpp>
#include <mote/nats/detail/session.hpp>
#include <mote/nats/protocol/writer.hpp>
#include <mote/nats/subject.hpp>

#include <vector>

namespace mote::nats::detail {

namespace asio = boost::asio;

std::shared_ptr<subscription_state> session::subscribe(std::string_view subject, message_handler handler,
                                                       subscribe_options opts) {
    require_open();
    if (status_ == connection_status::draining) throw_error(errc::closed, "the connection is draining");
    if (!is_valid_subscribe_subject(subject)) throw_error(errc::bad_subject, subject);
    if (!opts.queue_group.empty() && !is_valid_queue_group(opts.queue_group))
        throw_error(errc::bad_queue_group, opts.queue_group);
    return add_subscription(subject, std::move(handler), std::move(opts));
}

std::shared_ptr<subscription_state> session::add_subscription(std::string_view subject, message_handler handler,
                                                              subscribe_options opts) {
    auto state = std::make_shared<subscription_state>(executor_);
    state->subject = subject;
    state->opts = std::move(opts);
    state->handler = std::move(handler);
    subscriptions_.add(state);
    if (linked_) {
        protocol::write_sub(outbox_.end(small_operation + subject.size() + state->opts.queue_group.size()), subject,
                            state->opts.queue_group, state->sid);
        if (state->opts.max_messages != 0)
            protocol::write_unsub(outbox_.end(small_operation), state->sid, state->opts.max_messages);
        output_added();
    }
    return state;
}

void session::unsubscribe(subscription_state& state, std::uint64_t max) noexcept {
    if (state.ended) return;
    const bool at_once = max <= state.received;
    state.opts.max_messages = max;
    if (linked_ && !state.draining) {
        // The server counts from the SUB on this link.
        protocol::write_unsub(outbox_.end(small_operation), state.sid,
                              at_once ? 0 : max - state.received_on_earlier_links);
        output_added();
    }
    if (at_once) end_subscription(state);
}

/// The caller keeps the state alive.
void session::end_subscription(subscription_state& state) {
    subscriptions_.remove(state.sid);
    state.end();
    if (!in_read_batch_) subscriptions_.forget_removed();
}

// ---- draining

void session::start_drain(subscription_state& state) {
    if (state.ended || state.draining) return;
    state.draining = true;
    if (!linked_) return;  // no link will know of it
    protocol::write_unsub(outbox_.end(small_operation), state.sid, 0);
    output_added();
}

asio::awaitable<void> session::drain_subscription(std::shared_ptr<subscription_state> state,
                                                  std::chrono::nanoseconds timeout) {
    start_drain(*state);
    return finish_drain(shared_from_this(), std::move(state), deadline_after(timeout));
}

asio::awaitable<void> session::finish_drain(std::shared_ptr<session> self, std::shared_ptr<subscription_state> state,
                                            time_point deadline) {
    if (!state->ended) co_await self->all_has_arrived(deadline);
    co_await self->all_is_taken(state, deadline);
    if (!state->ended) self->end_subscription(*state);
}

/// The server sends all that it has for an ended subscription before it answers the PING; a lost link brings no more.
asio::awaitable<void> session::all_has_arrived(time_point deadline) {
    if (!linked_) co_return;
    try {
        co_await flush(time_left(deadline));
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != errc::disconnected) throw;
    }
}

asio::awaitable<void> session::all_is_taken(std::shared_ptr<subscription_state> state, time_point deadline) {
    while (!state->pending.empty()) {
        const auto emptied = std::make_shared<async_event>(executor_);
        state->drains.push_back(emptied);
        if (!co_await emptied->wait_until(deadline)) throw_error(errc::timeout, "drain of " + state->subject);
    }
}

/// A lost link does not lose what is buffered: the next one gets it.
asio::awaitable<void> session::all_is_sent(time_point deadline) {
    for (bool sent = false; !sent;) {
        try {
            co_await flush(time_left(deadline));
            sent = true;
        } catch (const boost::system::system_error& failed) {
            if (failed.code() != errc::disconnected) throw;
        }
    }
}

asio::awaitable<void> session::drain(std::chrono::nanoseconds timeout) {
    require_open();
    if (status_ == connection_status::draining) throw_error(errc::closed, "the connection is draining");
    const auto self = shared_from_this();
    const auto deadline = deadline_after(timeout.count() > 0 ? timeout : opts_.drain_timeout);
    status_ = connection_status::draining;
    auto states = subscriptions_.all();
    std::erase_if(states, [&](const auto& state) { return state.get() == request_subscription_; });
    for (const auto& state : states) start_drain(*state);
    boost::system::error_code failure;
    std::string what = "drain";
    try {
        co_await all_has_arrived(deadline);
        for (const auto& state : states) {
            what = "drain of " + state->subject;
            const auto at_drain = state->opts.at_drain;  // it may end its subscription
            if (at_drain && !state->ended)
                at_drain();
            else
                co_await all_is_taken(state, deadline);
            if (!state->ended) end_subscription(*state);
        }
        what = "drain";
        co_await all_is_sent(deadline);
    } catch (const boost::system::system_error& failed) {
        failure = failed.code();
    }
    close();
    if (failure) throw boost::system::system_error(failure, what);
}

}  // namespace mote::nats::detail
