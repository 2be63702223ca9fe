// What a queued call owes to who asked to be told how it ended.

#include <mote/functions/call_headers.hpp>
#include <mote/functions/detail/async_names.hpp>
#include <mote/functions/detail/async_run.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/error.hpp>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>

namespace mote::functions::detail {
namespace {

using wall_clock = std::chrono::system_clock;

// How fast a function runs is bounded by how fast its callbacks can be made, and not by receivers that do not answer.
constexpr std::chrono::seconds wait_for_place{1};
constexpr std::chrono::seconds again_without_place{5};

}  // namespace

callback_order async_run::callback_now() const {
    callback_order order;
    order.url = header(callback_header);
    order.call_id = call_id_;
    order.start_time = header(call_headers::start_time);
    order.record = kept_.what;
    order.allow = callback_sender::rules_in(header(callback_allow_header));
    if (!kept_.what.body_kept) order.record.body = body_;
    return order;
}

/// Notes in the record what became of a try; true when there is to be another one.
bool async_run::note_callback(const callback_outcome& outcome) {
    auto& record = kept_.what;
    ++record.callback_tries;
    record.callback_trouble = outcome.trouble.substr(0, longest_reason);
    record.next = {};
    if (outcome.delivered) {
        record.callback = callback_state::delivered;
        ++lane_->counts.callbacks;
        return false;
    }
    const auto& opts = core_->options().callback;
    if (outcome.again && record.callback_tries < opts.tries) {
        const auto wait = core_->sender_of(*lane_)->wait_after(record.callback_tries);
        record.next = wall_clock::now() + std::chrono::duration_cast<wall_clock::duration>(wait);
        return true;
    }
    record.callback = callback_state::failed;
    ++lane_->counts.callbacks_failed;
    if (outcome.refused) ++lane_->counts.callbacks_refused;
    core_->trouble("call " + call_id_ + ": callback given up after " + std::to_string(record.callback_tries) +
                   " tries: " + record.callback_trouble);
    return false;
}

boost::asio::awaitable<void> async_run::call_back(std::shared_ptr<async_run> self) {
    const auto place = co_await callback_places::take(self->lane_->places, wait_for_place);
    if (self->core_->stopped()) co_return;
    if (!place) {
        self->nak(again_without_place);
        co_return;
    }
    self->set_aside();
    auto order = self->callback_now();
    const auto outcome = co_await callback_sender::send(self->core_->sender_of(*self->lane_), std::move(order));
    if (self->core_->stopped()) co_return;
    const bool again = self->note_callback(outcome);
    co_await write(self);
    if (again)
        self->nak(
            std::max<std::chrono::nanoseconds>(self->kept_.what.next - wall_clock::now(), std::chrono::nanoseconds(1)));
    else
        self->ack();
}

/// Before the record, as only this worker has the body. In the place of a run, as there is to be a bound for such bodies.
boost::asio::awaitable<void> async_run::call_back_at_once(std::shared_ptr<async_run> self) {
    for (bool again = true; again;) {
        auto order = self->callback_now();
        const auto outcome = co_await callback_sender::send(self->core_->sender_of(*self->lane_), std::move(order));
        if (self->core_->stopped()) nats::throw_error(nats::errc::closed);
        again = self->note_callback(outcome);
        if (!again) co_return;
        boost::asio::steady_timer pause(
            co_await boost::asio::this_coro::executor,
            self->core_->sender_of(*self->lane_)->wait_after(self->kept_.what.callback_tries));
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
}

}  // namespace mote::functions::detail
