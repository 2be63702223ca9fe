// What a work endpoint does now and then: keeps what it has, and looks at how much waits.
#include <mote/micro/detail/work_state.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds backlog_interval{5};
constexpr std::chrono::milliseconds longest_slice{10};

}  // namespace

/// While inline handlers run, no ack is sent and nothing that waits for its turn is kept from being given to others. So after
/// a slice of their time the loop does what else it has to do before the next one begins.
void work_state::count_slice(std::chrono::nanoseconds took) {
    slice_ += took;
    if (slice_ < longest_slice || yielding_ || stopping_) return;
    yielding_ = true;
    asio::post(connection_.executor(), [self = shared_from_this()] { self->go_on(); });
}

void work_state::go_on() {
    yielding_ = false;
    slice_ = {};
    while (!yielding_ && !waiting_.empty()) {
        const auto item = waiting_.front();
        waiting_.pop_front();
        begin_unordered(item);
    }
    begin_ready();
}

/// Keeps what takes long from being given to others, and looks at how much waits.
void work_state::tick() {
    if (!timer_) return;
    const auto interval = std::min<std::chrono::nanoseconds>(opts_.ack_wait / 4, backlog_interval);
    timer_->expires_after(interval);
    timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (cancelled || self == nullptr || !self->timer_) return;  // released meanwhile
        if (self->connection_.status() == nats::connection_status::closed) return;
        self->keep_alive();
        if (!self->timer_) return;  // by whoever was told that something is not kept alive
        asio::co_spawn(self->connection_.executor(), look_at_backlog(self), [](const std::exception_ptr&) {});
        self->tick();
    });
}

void work_state::keep_alive() {
    const auto now = clock::now();
    std::string cause;
    const auto keep = [&](work_item& item) {
        try {
            item.delivery.in_progress();
            item.kept_alive = now;
        } catch (const std::exception& failed) {
            cause = failed.what();
        }
    };
    for (auto* const each : running_)
        if (now - each->kept_alive >= opts_.ack_wait / 4) keep(*each);
    if (opts_.order) forget_when_silent();
    // All together and in the order of the stream, so that an earlier one is never given to others after a later one.
    for (const auto& [place, each] : lines_.all()) keep(*each);
    // Once for all of them, and last: who is told may take away what is here.
    if (!cause.empty()) report("not kept alive", cause);
}

asio::awaitable<void> work_state::look_at_backlog(std::shared_ptr<work_state> self) {
    const auto asked = clock::now();
    if (self->stopping_) co_return;
    try {
        const auto consumer = co_await self->js_.consumer(self->opts_.stream, self->consumer_);
        self->sign_of_life_ = std::max(self->sign_of_life_, asked);
        self->counts_.pending = consumer.pending;
        if (self->stopping_ || self->reopening_) co_return;
        if (self->in_order(consumer)) co_return co_await settle_gone(self, consumer);
        self->lost_order();
    } catch (const boost::system::system_error&) {
        co_return;  // the next look tells; the consumer itself says what is wrong
    }
}

}  // namespace mote::micro::detail
