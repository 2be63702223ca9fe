// What a service publishes and the server refuses: whose it was, so that it is counted and told there.

#include <mote/micro/detail/service_state.hpp>

#include <algorithm>

namespace mote::micro::detail {

/// Null is the service itself; nothing: it is none of the latest replies, or nothing of this service.
std::optional<const served*> service_state::publisher_of(std::string_view subject) const {
    const auto sender = replies_->sender_of(subject);
    if (sender || !subject.starts_with("$JS.ACK.")) return sender;
    const auto settles = [subject](const auto& endpoint) { return endpoint->settles_on(subject); };
    for (const auto* const some : {&endpoints_, &removed_})
        if (const auto found = std::ranges::find_if(*some, settles); found != some->end()) return found->get();
    return std::nullopt;
}

void service_state::on_event(const nats::connection_event& event) {
    if (event.kind != nats::event_kind::error || event.error != nats::errc::permission_denied) return;
    const auto publisher = publisher_of(event.subject);
    if (!publisher) return;
    replies_->forget(event.subject);
    const auto is_it = [&publisher](const auto& endpoint) { return endpoint.get() == *publisher; };
    for (const auto* const some : {&endpoints_, &removed_})
        if (const auto found = std::ranges::find_if(*some, is_it); found != some->end()) {
            const auto endpoint = *found;  // who is told may remove it
            return endpoint->on_denied(event.detail);
        }
    if (const auto more = denials_.pass())
        log_->report({{}, config_.name, event.detail, event.error.message() + *more});
}

/// A refused subscription is told by who made it; one that has a reason to say nothing is no news either.
bool service_state::tells_of(const nats::connection_event& event) const {
    if (event.error != nats::errc::permission_denied) return false;
    const bool subscribed = event.detail.find("for Subscription to") != std::string::npos;
    return subscribed || publisher_of(event.subject).has_value();
}

}  // namespace mote::micro::detail
