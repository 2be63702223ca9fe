#include <mote/micro/detail/cancellable_calls.hpp>

#include <mote/micro/cancel.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace mote::micro::detail {
namespace {

std::string all_cancels() { return std::string(cancel_prefix) + "*"; }

}  // namespace

cancellable_calls::entry::entry(std::shared_ptr<cancellable_calls> all, std::string token)
    : all_(std::move(all)), token_(std::move(token)) {}

cancellable_calls::entry::~entry() {
    const auto [first, last] = all_->calls_.equal_range(token_);
    for (auto one = first; one != last; ++one)
        if (one->second.expired()) {  // of several with one token it does not matter which entry goes
            all_->calls_.erase(one);
            return;
        }
}

void cancellable_calls::entry::cancel() {
    cancelled_ = true;
    if (const auto handler = handler_.lock()) handler->end(running_call::ending::cancelled);
}

std::shared_ptr<cancellable_calls::entry> cancellable_calls::add(const nats::connection& connection,
                                                                 std::string_view token) {
    if (!std::exchange(tried_, true)) subscribe(connection);
    auto added = std::make_shared<entry>(shared_from_this(), std::string(token));
    calls_.emplace(added->token_, added);
    return added;
}

/// Calls are answered without it, too. So a login that may not is no failure of the service: nobody is told.
void cancellable_calls::subscribe(const nats::connection& connection) {
    try {
        cancels_ = connection.subscribe(all_cancels(), [weak = weak_from_this()](const nats::message_view& message) {
            if (const auto self = weak.lock()) self->cancel(message.subject.substr(cancel_prefix.size()));
        });
    } catch (const std::exception&) {
        return;  // the connection is closed
    }
}

void cancellable_calls::cancel(std::string_view token) {
    std::vector<std::shared_ptr<entry>> found;  // kept, as one that ends may take others with it
    const auto [first, last] = calls_.equal_range(std::string(token));
    for (auto one = first; one != last; ++one)
        if (auto kept = one->second.lock()) found.push_back(std::move(kept));
    for (const auto& one : found) one->cancel();
}

bool cancellable_calls::subscribes_to(std::string_view subject) const noexcept {
    return tried_ && subject.starts_with(cancel_prefix) && subject.substr(cancel_prefix.size()) == "*";
}

void cancellable_calls::close() noexcept {
    cancels_ = nats::subscription();
    tried_ = false;
}

}  // namespace mote::micro::detail
