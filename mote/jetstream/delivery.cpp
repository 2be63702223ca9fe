#include <mote/jetstream/delivery.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/pull_state.hpp>
#include <mote/jetstream/detail/wire.hpp>

#include <string>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> confirmed(asio::awaitable<nats::message> sent) { co_await std::move(sent); }

asio::awaitable<void> nothing() { co_return; }

}  // namespace

delivery::delivery(detail::pull_state& from, nats::message message)
    : state_(&from), keeps_(from.shared_from_this()), owned_(std::move(message)), view_(owned_.view()) {}

delivery::delivery(delivery&& other)  // NOLINT(performance-noexcept-move-constructor)
    : state_(other.state_),
      keeps_(other.keeps_ != nullptr || state_ == nullptr ? other.keeps_ : state_->shared_from_this()),
      owned_(other.keeps_ != nullptr || state_ == nullptr ? std::move(other.owned_) : nats::message(other.view_)),
      view_(owned_.view()),
      settled_(other.settled_),
      aside_(other.aside_) {
    other.state_ = nullptr;
    other.keeps_.reset();
    other.view_ = {};
}

delivery& delivery::operator=(delivery&& other) {  // NOLINT(performance-noexcept-move-constructor)
    if (this == &other) return *this;
    delivery taken(std::move(other));
    release();
    state_ = std::exchange(taken.state_, nullptr);
    keeps_ = std::move(taken.keeps_);
    owned_ = std::move(taken.owned_);
    view_ = owned_.view();
    settled_ = taken.settled_;
    aside_ = taken.aside_;
    return *this;
}

delivery::~delivery() { release(); }

void delivery::release() noexcept {
    if (state_ != nullptr && !settled()) state_->on_settled(aside_);
    state_ = nullptr;
}

delivery_info delivery::info() const noexcept {
    return detail::parse_ack_subject(view_.reply).value_or(delivery_info());
}

void delivery::settle(std::string_view words, settlement as) {
    if (state_ == nullptr || settled()) return;
    state_->connection().respond(view_, words);
    settled_ = as;
    state_->on_settled(aside_);
}

void delivery::ack() { settle("+ACK", settlement::acked); }

asio::awaitable<void> delivery::ack_sync(std::chrono::nanoseconds timeout) {
    if (state_ == nullptr || settled_ == settlement::refused) return nothing();
    nats::request_options opts;
    opts.timeout = timeout.count() > 0 ? timeout : state_->timeout();
    auto sent = state_->connection().request(view_.reply, "+ACK", opts);
    if (!settled()) {
        settled_ = settlement::acked;
        state_->on_settled(aside_);
    }
    return confirmed(std::move(sent));
}

void delivery::nak(std::chrono::nanoseconds delay) {
    if (delay.count() <= 0) return settle("-NAK", settlement::refused);
    settle("-NAK {\"delay\":" + std::to_string(delay.count()) + "}", settlement::refused);
}

void delivery::term(std::string_view reason) {
    if (reason.empty() || state_ == nullptr || settled()) return settle("+TERM", settlement::refused);
    state_->require_term_with_reason();
    settle("+TERM " + std::string(reason), settlement::refused);
}

void delivery::in_progress() {
    if (state_ != nullptr && !settled()) state_->connection().respond(view_, "+WPI");
}

void delivery::set_aside() noexcept {
    if (state_ == nullptr || settled() || std::exchange(aside_, true)) return;
    state_->on_set_aside();
}

}  // namespace mote::jetstream
