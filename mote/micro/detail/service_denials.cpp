// What a service publishes and the server refuses: whose it was, so that it is counted and told there.

#include <mote/micro/detail/service_state.hpp>

#include <algorithm>

namespace mote::micro::detail {

/// Null is the service itself; nothing: it is none of the latest replies, or nothing of this service.
std::optional<const served*> service_state::publisher_of(std::string_view subject) const {
    const auto sender = replies_->sender_of(subject);
    if (sender || !subject.starts_with("$JS.ACK.")) return sender;
    for (const auto& endpoint : with_removed())
        if (endpoint->settles_on(subject)) return endpoint.get();
    return std::nullopt;
}

void service_state::on_event(const nats::connection_event& event) {
    if (event.kind != nats::event_kind::error || event.error != nats::errc::permission_denied) return;
    const auto publisher = publisher_of(event.subject);
    if (!publisher) return;
    replies_->forget(event.subject);
    for (const auto& endpoint : with_removed())  // a copy: who is told may remove it
        if (endpoint.get() == *publisher) return endpoint->on_denied(event.detail);
    if (const auto more = denials_.pass())
        log_->report({{}, config_.name, event.detail, event.error.message() + *more});
}

/// Whether the service itself subscribes to this, as far as it tells of a refusal, or has a reason not to.
bool service_state::subscribes_to(std::string_view subject) const {
    if (subject == direct_prefix() + ".*" || cancellable_->subscribes_to(subject)) return true;
    for (const std::string verb : {"PING", "INFO", "STATS"}) {
        const auto all = "$SRV." + verb;
        const auto named = all + "." + config_.name;
        if (subject == all || subject == named || subject == named + "." + id_) return true;
    }
    // Those with a queue are not subscribed: JetStream takes what is published there.
    const auto is_its = [subject](const auto& endpoint) {
        return endpoint->queue().empty() && endpoint->info().subject == subject;
    };
    return std::ranges::any_of(with_removed(), is_its);
}

bool service_state::tells_of(const nats::connection_event& event) const {
    if (event.error != nats::errc::permission_denied) return false;
    const bool subscribed = event.detail.find("for Subscription to") != std::string::npos;
    return subscribed ? subscribes_to(event.subject) : publisher_of(event.subject).has_value();
}

}  // namespace mote::micro::detail
