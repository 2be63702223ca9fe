#include <mote/nats/replies.hpp>

#include <mote/nats/detail/deadline.hpp>
#include <mote/nats/detail/open_request.hpp>
#include <mote/nats/detail/session.hpp>
#include <mote/nats/error.hpp>

#include <utility>

namespace mote::nats {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::optional<message>> next_of(std::shared_ptr<detail::open_request> request,
                                                std::chrono::steady_clock::time_point deadline) {
    auto& pending = request->pending();
    for (;;) {
        if (pending.over) co_return std::nullopt;
        if (auto ready = pending.take()) co_return ready;
        if (pending.failure) throw boost::system::system_error(pending.failure, "request to " + pending.subject);
        const bool changed = co_await pending.done.wait_until(deadline);
        if (!changed) throw_error(errc::timeout, "request to " + pending.subject);
    }
}

}  // namespace

replies::replies(std::shared_ptr<detail::open_request> request) noexcept : request_(std::move(request)) {}

replies& replies::operator=(replies&& other) noexcept {
    if (this == &other) return *this;
    close();
    request_ = std::move(other.request_);
    return *this;
}

replies::~replies() { close(); }

asio::awaitable<std::optional<message>> replies::next(std::chrono::nanoseconds timeout) {
    if (request_ == nullptr) throw_error(errc::closed, "no request");
    return next_of(request_, detail::deadline_after(timeout));
}

void replies::when_first(first_reply_handler& who, std::chrono::steady_clock::time_point deadline) {
    if (request_ == nullptr) throw_error(errc::closed, "no request");
    auto& pending = request_->pending();
    pending.first = &who;
    pending.deadline = deadline;
    request_->owner->end_requests_at(deadline);
}

std::optional<message> replies::try_next() { return request_ == nullptr ? std::nullopt : request_->pending().take(); }

void replies::close() noexcept {
    const auto closing = std::exchange(request_, nullptr);
    if (closing == nullptr) return;
    auto& pending = closing->pending();
    pending.over = true;
    pending.first = nullptr;
    pending.done.set();  // for who waits
}

}  // namespace mote::nats
