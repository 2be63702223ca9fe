// What an order adds to a work endpoint.
//
// What has to hold: of a key, no message begins while an earlier one is not settled. Within an instance the lines see to
// that. Among instances the server does: it pins one of them, which gets all messages, and names each such time in
// `Nats-Pin-Id`. But at the begin of its time others may still have earlier messages, in work or lost with their instance. So
// what comes then waits until the consumer says that all it has handed out and that is not settled is here; what an
// instance was given before it was lost comes when its ack wait has passed. An instance that is not pinned any more gives
// back what it has not begun. So nobody waits for ever, and the pin may change hands at any time without harm.
//
// Servers before 2.11 know no pins. There the consumer hands out one message at a time to all instances together.

#include <mote/micro/detail/work_job.hpp>
#include <mote/micro/detail/work_state.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view in_order_mark = ", in order";  // at the end of the description
constexpr int default_ack_pending = 1000;                 // the server's
constexpr std::chrono::nanoseconds first_look = 10ms;
constexpr std::chrono::nanoseconds last_look = 500ms;
constexpr std::uint64_t most_candidates = 8;

/// How long the server keeps a pin for an instance that does not pull.
std::chrono::nanoseconds pin_timeout(std::chrono::nanoseconds ack_wait) {
    return std::clamp<std::chrono::nanoseconds>(ack_wait, 2s, 30s);
}

/// Whether the endpoint had an order before: that leaves its bound behind, which an update does not take away by itself.
asio::awaitable<bool> was_ordered(jetstream::context js, std::string stream, std::string name) {
    try {
        const auto consumer = co_await js.consumer(stream, name);
        co_return consumer.config.description.ends_with(in_order_mark);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::consumer_not_found) throw;
    }
    co_return false;
}

}  // namespace

// ---- the consumer

/// The consumer as the order, or none, wants it.
asio::awaitable<jetstream::consumer_info> work_state::open_ordered(std::shared_ptr<work_state> self,
                                                                   jetstream::context js,
                                                                   jetstream::consumer_config config) {
    const auto stream = self->opts_.stream;
    self->pinned_ = false;
    if (!self->opts_.order) {
        if (co_await was_ordered(js, stream, config.name)) config.max_ack_pending = default_ack_pending;
        co_return co_await js.create_or_update_consumer(stream, config);
    }
    config.description += in_order_mark;
    config.max_ack_pending = static_cast<int>(self->opts_.max_held);
    config.priority = jetstream::priority_policy::pinned_client;
    config.priority_groups = {order_group};
    config.priority_timeout = pin_timeout(self->opts_.ack_wait);
    try {
        auto consumer = co_await js.create_or_update_consumer(stream, config);
        self->pinned_ = true;
        co_return consumer;
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::not_supported) throw;
    }
    config.max_ack_pending = 1;
    config.priority = jetstream::priority_policy::none;
    config.priority_groups.clear();
    config.priority_timeout = {};
    co_return co_await js.create_or_update_consumer(stream, config);
}

void work_state::set_order(jetstream::pull_options& pull, const jetstream::consumer_info& consumer) {
    sign_of_life_ = clock::now();
    if (!pinned_) {
        pull.max_in_flight = 1;
        pull.max_messages = 2;  // the next one is asked for already
        return;
    }
    // Whoever takes over must be able to hold all that others have.
    most_held_ = std::max(opts_.max_held, static_cast<std::size_t>(consumer.ack_pending));
    // One more than the server gives: so there is always a request, which is what keeps the pin.
    pull.max_in_flight = pull.max_messages = most_held_ + 1;
    pull.expires = std::max<std::chrono::nanoseconds>(pin_timeout(opts_.ack_wait) / 2, 1s);
    pull.idle_heartbeat = std::min(pull.idle_heartbeat, pull.expires / 2);
    pull.group = order_group;
    pull.on_unpinned = [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self == nullptr) return;
        self->pin_.clear();
        self->give_back();
    };
}

/// Whether the consumer is still one that this instance can keep the order with.
bool work_state::in_order(const jetstream::consumer_info& consumer) const noexcept {
    if (!opts_.order) return true;
    if (!pinned_) return consumer.config.max_ack_pending == 1;
    return consumer.config.priority == jetstream::priority_policy::pinned_client;
}

void work_state::lost_order() {
    in_trouble("not in order", "the consumer does not keep the order any more: all instances must say the same");
    reopen();
}

/// Lets another instance begin at once, not when the server misses this one.
asio::awaitable<void> work_state::let_others(jetstream::context js) {
    if (js.connection().status() != nats::connection_status::connected) co_return;
    try {
        co_await js.unpin_consumer(opts_.stream, consumer_, order_group);
    } catch (const boost::system::system_error&) {
        // Then it takes that long.
    }
}

/// nats-server 2.9, killed after it removed an acked message and before it wrote down the ack, waits for that ack for ever:
/// it cannot hand out again what is gone ("deleted message" in its log), and here nothing else is handed out meanwhile.
/// So what the consumer waits for is acked when it is not in the stream: nothing can be lost by that.
asio::awaitable<void> work_state::settle_gone(std::shared_ptr<work_state> self, jetstream::consumer_info consumer) {
    if (!self->opts_.order || self->pinned_ || consumer.ack_pending == 0 || !self->lines_.all().empty()) co_return;
    const auto js = self->js_;
    const auto last = consumer.delivered.stream_sequence;
    // One message is waited for. It is the last one, or, as that server may count back, one behind those that are settled.
    const auto first = consumer.ack_floor.stream_sequence + 1;
    std::vector<std::uint64_t> candidates(1, last);
    for (auto each = first; each < first + most_candidates; ++each)
        if (each != last) candidates.push_back(each);
    for (const auto sequence : candidates) {
        const auto found = co_await js.message(self->opts_.stream, sequence);
        if (found) {
            if (sequence == last) co_return;  // it comes again
            continue;
        }
        js.connection().publish("$JS.ACK." + self->opts_.stream + "." + self->consumer_ + ".1." +
                                    std::to_string(sequence) + "." +
                                    std::to_string(consumer.delivered.consumer_sequence) + ".0.0",
                                "+ACK");
    }
}

// ---- the lines

void work_state::line_up(std::shared_ptr<work_item> item) {
    bool new_time = false;
    if (pinned_) {
        const std::string pin(item->delivery.headers().get("Nats-Pin-Id").value_or(""));
        if (pin.empty()) {
            // Somebody has changed the consumer, and others may have messages of the same key.
            nak(*item, 1s);
            return reopen();
        }
        if (std::exchange(pin_, pin) != pin) new_time = true;
    }
    // One that is here already came again because the server heard of it too late. It is settled for both.
    const bool added = lines_.add(std::move(item));
    if (new_time)
        distrust();  // after it is here: nobody looks for others while nothing waits
    else if (!alone_)
        look_for_others();
    if (added) begin_ready();
}

void work_state::begin_ready() {
    if (beginning_ || !opts_.order) return;  // a handler that is done at once: the loop below goes on
    beginning_ = true;
    forget_when_silent();
    const auto most_tries = static_cast<std::uint64_t>(opts_.max_tries);
    while (alone_ && !stopping_ && !yielding_ && counts_.in_flight < opts_.max_in_flight) {
        const auto item = lines_.next();
        if (item == nullptr) break;
        const auto deliveries = item->told.delivered - std::min(item->told.delivered, item->deliveries_behind);
        const auto tries_before = deliveries == 0 ? 0 : std::min(deliveries - 1, most_tries - 1);
        const bool hopeless = deliveries > most_tries * hand_outs_a_try;
        ++item->tries_here;
        item->tries = hopeless ? deliveries : tries_before + item->tries_here;
        begin(item, hopeless);
    }
    beginning_ = false;
}

void work_state::wait_in_line(const std::shared_ptr<work_item>& item, std::chrono::nanoseconds delay) {
    lines_.pause(*item);
    item->pause.emplace(connection_.executor(), delay);
    item->pause->async_wait([weak = weak_from_this(), weak_item = std::weak_ptr(item)](const auto& cancelled) {
        const auto self = weak.lock();
        const auto again = weak_item.lock();
        if (cancelled || self == nullptr || again == nullptr) return;
        if (again->stands != work_item::standing::pausing) return;
        self->lines_.resume(*again);
        self->begin_ready();
    });
}

/// What is not begun goes to whoever is to do it now.
void work_state::give_back() noexcept {
    const bool closed = !connection_ || connection_.status() == nats::connection_status::closed;
    auto items = lines_.take_not_running();
    items.insert(items.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    for (const auto& each : items) {
        running_.erase(each.get());
        if (!closed) nak(*each, {});
    }
}

/// When it is not certain that the server has heard of this instance within the ack wait, because the link was lost or the
/// process stood still, it may have given to another one what is here: so nothing of that is begun any more.
void work_state::forget_when_silent() {
    if (clock::now() - sign_of_life_ <= opts_.ack_wait / 4 * 3) return;
    sign_of_life_ = clock::now();
    if (!lines_.take_not_running().empty()) distrust();
}

// ---- the begin of a time

/// Nothing begins until it is known that no other instance has anything.
void work_state::distrust() {
    alone_ = false;
    ++distrusts_;
    look_for_others();
}

void work_state::look_for_others() {
    if (std::exchange(looking_, true)) return;
    const auto self = shared_from_this();
    asio::co_spawn(connection_.executor(), wait_for_others(self),
                   [self](const std::exception_ptr&) { self->begin_ready(); });
}

/// Waits until all that the consumer has handed out and that is not settled is here. Ends also when nothing is here.
asio::awaitable<void> work_state::wait_for_others(std::shared_ptr<work_state> self) {
    // At once when it ends, not when its end is heard of: messages that come in between want another look.
    struct look {
        bool& going_on;
        ~look() { going_on = false; }
    };
    const look this_one{self->looking_};
    const auto js = self->js_;
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (auto wait = first_look; !self->stopping_ && !self->lines_.all().empty();
         wait = std::min(wait * 2, last_look)) {
        const auto distrusts = self->distrusts_;
        try {
            const auto consumer = co_await js.consumer(self->opts_.stream, self->consumer_);
            // What is delivered after the server has answered is not among what it counted.
            const auto here = self->lines_.count_up_to(consumer.delivered.stream_sequence);
            self->alone_ = consumer.ack_pending <= here && distrusts == self->distrusts_;
            if (self->alone_) co_return;
            if (self->pinned_ && consumer.ack_pending > self->most_held_) self->reopen();
        } catch (const boost::system::system_error& failed) {
            if (failed.code() == nats::errc::closed) co_return;
        }
        pause.expires_after(wait);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

}  // namespace mote::micro::detail
