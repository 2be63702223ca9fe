#include <mote/gateway/detail/whole_call.hpp>

#include <mote/gateway/detail/answers.hpp>
#include <mote/gateway/detail/function_reply.hpp>
#include <mote/http/status.hpp>

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

namespace mote::gateway::detail {

namespace asio = boost::asio;

void whole_call::begin(going_call call, gateway_metrics& metrics) {
    call_.emplace(std::move(call));
    metrics_ = &metrics;
    items_.emplace(ask(*call_));
    items_->when_whole(*this);
    if (call_->known) counted_.emplace(metrics.add(call_->function.full()), head().began());
    open_ = asked_.leave_open(shared_from_this());
}

void whole_call::on_whole_reply(const nats::message_view& reply) noexcept {
    const auto self = shared_from_this();
    call_->served = true;
    std::exception_ptr failed;
    try {
        answer(reply);
    } catch (...) {
        failed = std::current_exception();
    }
    items_.reset();
    const bool good = !failed;
    refuse_here(asked_, failed);
    conclude(good);
    open_.end(failed);
}

void whole_call::answer(const nats::message_view& reply) {
    try {
        send_whole(asked_, head(), reply);
    } catch (const std::invalid_argument& bad) {
        if (asked_.status() != 0) throw;
        answer_bad_reply(*call_, bad);
    }
}

/// Not within the call: what reads the reply is not done with it.
void whole_call::on_other_reply() noexcept {
    asio::post(call_->connection.executor(), [self = shared_from_this()] { self->go_on(); });
}

void whole_call::go_on() {
    if (over_ || asked_.gone()) return;  // on_gone was here, or comes
    open_.end_with(rest(shared_from_this()));
}

asio::awaitable<void> whole_call::rest(std::shared_ptr<whole_call> self) {
    std::exception_ptr failed;
    int broken = 0;
    auto items = std::exchange(self->items_, std::nullopt);
    try {
        co_await carry_out(*self->call_, nullptr, std::move(items));
    } catch (const broken_answer& half) {
        broken = half.status();
        failed = std::current_exception();
    } catch (...) {
        failed = std::current_exception();
    }
    const bool good = !failed;
    refuse_here(self->asked_, failed);
    self->conclude(good, broken);
    if (failed) std::rethrow_exception(failed);
}

void whole_call::on_gone() noexcept {
    if (over_) return;
    const auto self = shared_from_this();
    cancel(*call_);
    items_.reset();
    conclude(false);
    open_.end();
}

/// Counts it, and has it logged. What is neither good nor `broken`, as a `broken_answer` says it, counts as one whose client
/// went away.
void whole_call::conclude(bool good, int broken) noexcept {
    over_ = true;
    const bool counts = good || broken != 0;
    const int status = broken != 0 ? broken : asked_.status();
    if (counts && !counted_ && call_->served)  // deployed a moment ago: it was not in the table
        counted_.emplace(metrics_->add(call_->function.full()), head().began());
    if (counts && counted_) counted_->finished(status);
    counted_.reset();
    ended(status != 0 || asked_.gone() || good ? status : http::status::internal_server_error);
}

}  // namespace mote::gateway::detail
