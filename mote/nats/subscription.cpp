#include <mote/nats/subscription.hpp>

#include <mote/nats/detail/deadline.hpp>
#include <mote/nats/detail/session.hpp>
#include <mote/nats/detail/subscription_table.hpp>
#include <mote/nats/error.hpp>

#include <utility>

namespace mote::nats {

namespace asio = boost::asio;

subscription::subscription(std::shared_ptr<detail::session> session, std::shared_ptr<detail::subscription_state> state)
    : session_(std::move(session)), state_(std::move(state)) {}

subscription::subscription(subscription&& other) noexcept
    : session_(std::move(other.session_)), state_(std::move(other.state_)) {}

subscription& subscription::operator=(subscription&& other) noexcept {
    if (this == &other) return *this;
    release();
    session_ = std::move(other.session_);
    state_ = std::move(other.state_);
    return *this;
}

subscription::~subscription() { release(); }

void subscription::release() noexcept {
    if (state_ == nullptr) return;
    const auto session = std::move(session_);
    const auto state = std::move(state_);
    state->released = true;
    session->unsubscribe(*state, 0);
    state->discard_pending();
}

namespace {

asio::awaitable<std::optional<message>> next_of(std::shared_ptr<detail::subscription_state> state,
                                                std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        if (auto ready = state->take()) co_return ready;
        if (state->ended) {
            if (state->failure) throw boost::system::system_error(state->failure, state->subject);
            co_return std::nullopt;
        }
        if (!co_await state->changed.wait_until(deadline)) throw_error(errc::timeout, "next of " + state->subject);
    }
}

}  // namespace

asio::awaitable<std::optional<message>> subscription::next(std::chrono::nanoseconds timeout) {
    if (state_ == nullptr) throw_error(errc::closed, "no subscription");
    return next_of(state_, detail::deadline_after(timeout));
}

std::optional<message> subscription::try_next() { return state_ == nullptr ? std::nullopt : state_->take(); }

void subscription::unsubscribe(std::uint64_t max) {
    if (state_ != nullptr) session_->unsubscribe(*state_, max);
}

asio::awaitable<void> subscription::drain(std::chrono::nanoseconds timeout) {
    if (state_ == nullptr) throw_error(errc::closed, "no subscription");
    return session_->drain_subscription(state_, timeout);
}

bool subscription::active() const noexcept { return state_ != nullptr && !state_->ended; }

const std::string& subscription::subject() const noexcept {
    static const std::string none;
    return state_ == nullptr ? none : state_->subject;
}

subscription_stats subscription::stats() const noexcept {
    return state_ == nullptr ? subscription_stats{} : state_->counts;
}

}  // namespace mote::nats
