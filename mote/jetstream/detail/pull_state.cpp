#include <mote/jetstream/detail/pull_state.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/pull_status.hpp>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace mote::jetstream::detail {
namespace {

namespace asio = boost::asio;

pull_bounds bounds_of(const pull_options& opts) {
    pull_bounds bounds;
    bounds.max_messages = opts.max_messages;
    bounds.max_in_flight = opts.max_in_flight;
    bounds.threshold = opts.threshold;
    bounds.max_bytes = opts.max_bytes;
    return bounds;
}

}  // namespace

pull_state::pull_state(context js, const consumer_info& consumer, pull_options opts)
    : js_(std::move(js)),
      stream_(consumer.stream),
      name_(consumer.name),
      max_batch_(static_cast<std::size_t>(std::max(consumer.config.max_batch, 0))),
      max_expires_(consumer.config.max_expires),
      opts_(std::move(opts)),
      pinned_client_(consumer.config.priority == priority_policy::pinned_client),
      request_subject_(js_.api_prefix() + "CONSUMER.MSG.NEXT." + stream_ + "." + name_),
      demand_(bounds_of(opts_)),
      retry_(first_retry),
      wake_(js_.connection().executor()),
      changed_(js_.connection().executor()) {}

pull_stats pull_state::stats() const noexcept {
    pull_stats now;
    now.received = received_;
    now.troubles = troubles_;
    now.requested = demand_.requested();
    now.waiting = waiting_.size();
    now.in_flight = demand_.in_flight();
    return now;
}

void pull_state::require_term_with_reason() const {
    if (server_is_at_least(js_, 2, 10, 4)) return;
    throw_error(errc::not_supported,
                "a reason of term needs nats-server 2.10.4, this one is " + js_.connection().server().version);
}

// ---- messages in

void pull_state::on_message(const nats::message_view& message) {
    in_burst_ = true;
    if (!is_delivery(message)) return on_status(message);
    if (failure_) return;
    heard_ = true;
    ++received_;
    demand_.came(bytes_of(message));
    if (pinned_client_) {
        const auto pin = message.headers.get("Nats-Pin-Id").value_or("");
        if (pin != pin_) pin_ = pin;
    }
    if (handler_ && !stopping_ && waiting_.empty() && demand_.may_hand_out()) {
        delivery out(*this, message);
        demand_.handed_out();
        return call_handler(out);
    }
    keep_waiting(nats::message(message));
    if (!changed_.is_set()) changed_.set();
}

void pull_state::on_status(const nats::message_view& message) {
    if (over()) return;
    const auto seen = parse_pull_status(message.headers);
    switch (seen.action) {
        case pull_action::none: heard_ = true; return;
        case pull_action::count:
            demand_.ended(seen.unsent, seen.unsent_bytes, seen.too_large);
            if (!demand_.stuck()) return;
            trouble(errc::pull_ended, seen.text);
            break;
        case pull_action::end: return end(seen.error, seen.text);
        case pull_action::unpinned:
            if (!pinned_client_) trouble(seen.error, seen.text);
            on_unpinned();
            break;
        case pull_action::look: unanswered_ = true; break;
        case pull_action::ask_anew:
            if (!uncertain_) trouble(seen.error, seen.text);
            break;
    }
    uncertain_ = true;
    wake_.set();
}

void pull_state::on_unpinned() noexcept {
    if (std::exchange(pin_, {}).empty() || !opts_.on_unpinned) return;
    try {
        opts_.on_unpinned();
    } catch (...) {
        return;  // there is nobody to tell
    }
}

void pull_state::after_burst() {
    in_burst_ = false;
    hand_out_waiting();
    ask();
}

void pull_state::call_handler(delivery& out) {
    try {
        handler_(out);
    } catch (const std::exception& thrown) {
        trouble(nats::errc::handler_failed, thrown.what());
    } catch (...) {
        trouble(nats::errc::handler_failed, "not a std::exception");
    }
}

nats::message pull_state::take_waiting() {
    auto message = std::move(waiting_.front());
    waiting_.pop_front();
    demand_.taken(bytes_of(message.view()));
    if (all_handed_out()) tell_stops();
    return message;
}

void pull_state::hand_out_waiting() {
    while (handler_ && !over() && !waiting_.empty() && demand_.may_hand_out()) {
        delivery out(*this, take_waiting());
        demand_.handed_out();
        call_handler(out);
    }
}

void pull_state::keep_waiting(nats::message message) {
    demand_.kept(bytes_of(message.view()));
    waiting_.push_back(std::move(message));
}

void pull_state::nak_waiting() noexcept {
    while (!waiting_.empty()) {
        const auto message = take_waiting();
        try {
            connection().respond(message.view(), "-NAK");
        } catch (...) {
            continue;  // it comes again after the ack wait
        }
    }
}

void pull_state::on_settled(bool was_aside) noexcept {
    demand_.settled(was_aside);
    if (demand_.in_flight() == 0) tell_stops();
    if (!was_aside) on_room();
}

void pull_state::on_set_aside() noexcept {
    demand_.set_aside();
    on_room();
}

/// Another one may be handed out. Within a burst there is more to come, and `after_burst` does the rest for all of it.
void pull_state::on_room() noexcept {
    if (over() || opts_.max_in_flight == 0) return;
    if (!handler_ && !changed_.is_set()) changed_.set();
    if (in_burst_ || std::exchange(turn_posted_, true)) return;
    asio::post(connection().executor(), [self = shared_from_this()] { self->take_turn(); });
}

void pull_state::take_turn() {
    turn_posted_ = false;
    hand_out_waiting();
    ask();
}

asio::awaitable<std::optional<delivery>> pull_state::next(std::shared_ptr<pull_state> self,
                                                          clock::time_point deadline) {
    for (;;) {
        if (!self->over() && !self->waiting_.empty() && self->demand_.may_hand_out()) {
            delivery out(*self, self->take_waiting());
            self->demand_.handed_out();
            self->ask();
            std::optional<delivery> taken(std::move(out));
            co_return taken;
        }
        if (self->failure_) throw boost::system::system_error(self->failure_, self->failure_text_);
        if (self->stopping_ || self->all_handed_out()) co_return std::nullopt;
        const bool changed = co_await self->changed_.wait_until(deadline);
        if (!changed) co_return std::nullopt;
    }
}

// ---- requests out

void pull_state::ask() {
    if (over() || draining_ || uncertain_ || !inbox_.active()) return;
    if (connection().status() != nats::connection_status::connected) return;
    // The server pins one request. Another one beside it would wait for a turn that does not come.
    const bool unpinned = pinned_client_ && pin_.empty();
    if (unpinned && demand_.requested() > 0) return;
    for (auto left = demand_.wanted(); left > 0;) {
        const auto batch = max_batch_ == 0 ? left : std::min(left, max_batch_);
        // With a bound of bytes one request gets all that there is room for.
        if (!send_request(batch) || unpinned || opts_.max_bytes != 0) return;
        left -= batch;
    }
}

/// The server has seen that the group is a name.
void pull_state::append_group(std::string& body) const {
    if (!opts_.group.empty()) body += ",\"group\":\"" + opts_.group + "\"";
    if (!pin_.empty()) body += ",\"id\":\"" + pin_ + "\"";
    if (opts_.min_pending != 0) body += ",\"min_pending\":" + std::to_string(opts_.min_pending);
    if (opts_.min_ack_pending != 0) body += ",\"min_ack_pending\":" + std::to_string(opts_.min_ack_pending);
    if (opts_.priority != 0) body += ",\"priority\":" + std::to_string(opts_.priority);
}

std::string pull_state::request_body(std::size_t batch, std::size_t bytes) const {
    auto body = "{\"expires\":" + std::to_string(opts_.expires.count()) + ",\"batch\":" + std::to_string(batch) +
                ",\"idle_heartbeat\":" + std::to_string(opts_.idle_heartbeat.count());
    if (bytes != 0) body += ",\"max_bytes\":" + std::to_string(bytes);
    append_group(body);
    return body + "}";
}

bool pull_state::send_request(std::size_t batch) {
    static const nats::headers none;
    if (demand_.requested() == 0) last_sign_ = clock::now();
    const auto bytes = opts_.max_bytes == 0 ? 0 : demand_.wanted_bytes();
    try {
        connection().publish(request_subject_, inbox_.subject(), request_body(batch, bytes), none);
    } catch (const boost::system::system_error& failed) {
        trouble(failed.code(), failed.what());
        return false;  // the next look at the link tries again
    }
    demand_.asked(batch, bytes);
    return true;
}

// ---- the end

void pull_state::trouble(const boost::system::error_code& why, const std::string& text) noexcept {
    ++troubles_;
    if (!opts_.on_trouble) return;
    try {
        opts_.on_trouble(why, text);
    } catch (...) {
        return;  // there is nobody to tell
    }
}

void pull_state::end(const boost::system::error_code& why, const std::string& text) noexcept {
    if (over()) return;
    failure_ = why;
    failure_text_ = stream_ + " > " + name_ + (text.empty() ? "" : ": " + text);
    // Where nobody can ack them any more, nobody should work on them.
    while (!waiting_.empty()) take_waiting();
    inbox_ = nats::subscription();
    wake_.set();
    changed_.set();
    if (!opts_.on_end) return;
    try {
        opts_.on_end(failure_, failure_text_);
    } catch (...) {
        return;  // there is nobody to tell
    }
}

void pull_state::begin_stop() {
    if (std::exchange(stopping_, true)) return;
    wake_.set();
    changed_.set();
}

void pull_state::tell_stops() noexcept {
    for (const auto& each : stops_) each->set();
}

void pull_state::begin_drain() {
    draining_ = true;
    if (!watching_) drained_ = true;
    wake_.set();
}

asio::awaitable<std::size_t> pull_state::finish_drain(std::shared_ptr<pull_state> self, clock::time_point deadline) {
    const auto done = std::make_shared<nats::async_event>(self->connection().executor());
    self->stops_.push_back(done);
    while (!self->over() && !self->all_handed_out()) {
        const bool changed = co_await done->wait_until(deadline);
        if (!changed) break;
    }
    std::erase(self->stops_, done);
    self->begin_stop();
    co_return co_await finish_stop(self, deadline);
}

asio::awaitable<std::size_t> pull_state::finish_stop(std::shared_ptr<pull_state> self, clock::time_point deadline) {
    const auto done = std::make_shared<nats::async_event>(self->connection().executor());
    self->stops_.push_back(done);
    while (self->watching_ || self->demand_.in_flight() > 0) {
        const bool changed = co_await done->wait_until(deadline);
        if (!changed) break;
    }
    try {
        // Acks and naks have reached the server when its PONG is here.
        const auto left = std::max<std::chrono::nanoseconds>(deadline - clock::now(), std::chrono::milliseconds(1));
        co_await self->connection().flush(left);
    } catch (const boost::system::system_error&) {
        // A link that is lost does not lose them: they are sent over the next one.
    }
    std::erase(self->stops_, done);
    co_return self->demand_.in_flight();
}

void pull_state::abandon() noexcept {
    begin_stop();
    inbox_ = nats::subscription();
    nak_waiting();
}

}  // namespace mote::jetstream::detail
