#include <mote/jetstream/detail/publisher_state.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/publish_wire.hpp>
#include <mote/jetstream/detail/wire.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <charconv>
#include <utility>

namespace mote::jetstream::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds look_interval{50};  // while messages are in flight
constexpr std::chrono::milliseconds stream_retry{250};  // where there was no stream
constexpr std::size_t kept_capacity = 1024;             // a free slot keeps no more bytes

void append_number(std::string& to, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    to.append(digits.data(), end);
}

}  // namespace

publisher_state::publisher_state(context js, publisher_options opts)
    : js_(std::move(js)), opts_(std::move(opts)), wake_(js_.connection().executor()) {
    if (opts_.ack_timeout.count() <= 0) opts_.ack_timeout = js_.timeout();
}

void publisher_state::start() {
    const auto& connection = js_.connection();
    reconnects_ = connection.stats().reconnects;
    reply_ = connection.new_inbox() + ".";
    inbox_size_ = reply_.size();
    const auto self = shared_from_this();
    nats::subscribe_options bounds;
    bounds.on_error = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string& text) {
        if (const auto state = weak.lock(); state != nullptr && failed) state->fail_all(failed, text);
    };
    inbox_ = connection.subscribe(
        reply_ + "*", [self](const nats::message_view& message) { self->on_answer(message); }, std::move(bounds));
    asio::co_spawn(connection.executor(), watch(self), [self](const std::exception_ptr&) {
        self->fail_all(nats::errc::closed, "the connection is closed");
    });
}

publisher_stats publisher_state::stats() const noexcept { return counts_; }

// ---- messages out

bool publisher_state::has_room(std::size_t bytes) const noexcept {
    if (counts_.in_flight == 0) return true;
    return counts_.in_flight < opts_.max_in_flight && counts_.bytes < opts_.max_bytes &&
           bytes <= opts_.max_bytes - counts_.bytes;
}

std::size_t publisher_state::take_slot() {
    if (free_.empty()) {
        auto& made = slots_.emplace_back();
        made.index = slots_.size() - 1;
        return made.index;
    }
    const auto index = free_.back();
    free_.pop_back();
    return index;
}

void publisher_state::set_reply(std::size_t index, std::uint64_t number) {
    reply_.resize(inbox_size_);
    append_number(reply_, index);
    reply_ += '-';
    append_number(reply_, number);
}

std::uint64_t publisher_state::send(std::string_view subject, std::string_view payload, nats::headers headers,
                                    bool identified) {
    if (failure_) throw boost::system::system_error(failure_, failure_text_);
    if (stopped_) nats::throw_error(nats::errc::closed, "the publisher is gone");
    const auto index = take_slot();
    set_reply(index, last_number_ + 1);
    try {
        js_.connection().publish(subject, reply_, payload, headers);
    } catch (...) {
        free_.push_back(index);
        throw;
    }
    auto& taken = slots_[index];
    taken.number = ++last_number_;
    taken.bytes.assign(subject);
    taken.bytes.append(payload);
    taken.subject_size = subject.size();
    taken.headers = std::move(headers);
    taken.identified = identified;
    taken.nobody = false;
    taken.tries = 1;
    taken.link = js_.connection().stats().reconnects;
    taken.asked = taken.sent = clock::now();
    ++counts_.published;
    counts_.bytes += taken.size();
    if (++counts_.in_flight == 1) wake_.set();
    return taken.number;
}

asio::awaitable<std::uint64_t> publisher_state::wait_and_send(std::shared_ptr<publisher_state> self,
                                                              std::string subject, std::string payload,
                                                              nats::headers headers, bool identified) {
    const auto deadline = deadline_after(self->opts_.room_timeout);
    const auto bytes = bytes_of(subject, payload, headers);
    nats::async_event turn(self->js_.connection().executor());
    struct place {  // in the line, also when the coroutine is ended from outside
        publisher_state& of;
        nats::async_event* event;
        ~place() {
            std::erase(of.waiting_, event);
            of.wake_waiting();
        }
    };
    self->waiting_.push_back(&turn);
    const place mine{*self, &turn};
    while (!self->failure_ && !self->stopped_ && (self->waiting_.front() != &turn || !self->has_room(bytes))) {
        const bool changed = co_await turn.wait_until(deadline);
        if (!changed) nats::throw_error(nats::errc::timeout, "no room to publish");
    }
    co_return self->send(subject, payload, std::move(headers), identified);
}

void publisher_state::wake_waiting() noexcept {
    if (!waiting_.empty()) {
        if (!waiting_.front()->is_set()) waiting_.front()->set();
    } else if (counts_.in_flight == 0) {
        for (const auto& each : completions_) each->set();
    }
}

// ---- answers in

publisher_state::slot* publisher_state::find(std::string_view subject) noexcept {
    if (subject.size() <= inbox_size_) return nullptr;
    const auto token = subject.substr(inbox_size_);
    const auto dash = token.find('-');
    if (dash == std::string_view::npos) return nullptr;
    const auto index = parse_number(token.substr(0, dash));
    const auto number = parse_number(token.substr(dash + 1));
    if (!index || !number || *index >= slots_.size() || *number == 0) return nullptr;
    auto& found = slots_[static_cast<std::size_t>(*index)];
    return found.number == *number ? &found : nullptr;
}

void publisher_state::on_answer(const nats::message_view& message) {
    auto* const found = find(message.subject);
    if (found == nullptr) return;  // the second answer to one that was sent twice
    if (message.headers.status() == 503) {
        found->nobody = true;  // `watch` sends it again
        return;
    }
    finish(*found, outcome_of(found->number, message.payload));
}

publish_outcome publisher_state::outcome_of(std::uint64_t number, std::string_view answer) const {
    publish_outcome outcome;
    outcome.number = number;
    try {
        outcome.ack = parse_ack(answer);
    } catch (const server_error& refused) {
        outcome.error = refused.code();
        outcome.err_code = refused.err_code();
        outcome.text = refused.description();
    } catch (const boost::system::system_error& failed) {
        outcome.error = failed.code();
        outcome.text = failed.what();
    }
    return outcome;
}

void publisher_state::fail(slot& done, const boost::system::error_code& why, std::string text) {
    publish_outcome outcome;
    outcome.number = done.number;
    outcome.error = why;
    outcome.text = std::move(text);
    finish(done, outcome);
}

void publisher_state::finish(slot& done, const publish_outcome& outcome) {
    counts_.bytes -= done.size();
    --counts_.in_flight;
    done.number = 0;
    done.bytes.clear();
    if (done.bytes.capacity() > kept_capacity) done.bytes = std::string();
    done.headers = nats::headers();
    free_.push_back(done.index);
    ++(outcome.error ? counts_.failed : counts_.stored);
    if (outcome.ack.duplicate) ++counts_.duplicates;
    if (opts_.on_outcome && !stopped_) {
        try {
            opts_.on_outcome(outcome);
        } catch (...) {
            // There is nobody to tell.
        }
    }
    wake_waiting();
}

void publisher_state::fail_all(const boost::system::error_code& why, const std::string& text) {
    if (stopped_ || failure_) return;
    failure_ = why;
    failure_text_ = text;
    const auto self = shared_from_this();
    for (auto* const each : in_flight()) fail(*each, why, text);
    wake_.set();
    for (auto* const each : waiting_) each->set();
}

/// In the order in which they were published.
std::vector<publisher_state::slot*> publisher_state::in_flight() {
    std::vector<slot*> found;
    found.reserve(counts_.in_flight);
    for (auto& each : slots_)
        if (each.number != 0) found.push_back(&each);
    std::sort(found.begin(), found.end(),
              [](const slot* left, const slot* right) { return left->number < right->number; });
    return found;
}

// ---- what takes time

/// False when the connection takes no more now; then it is tried at the next look.
bool publisher_state::send_again(slot& again, clock::time_point now) {
    set_reply(again.index, again.number);
    try {
        js_.connection().publish(again.subject(), reply_, again.payload(), again.headers);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::outbound_buffer_full) return false;
        fail(again, failed.code(), failed.what());
        return true;
    }
    again.nobody = false;
    again.sent = now;
    again.link = reconnects_;
    ++counts_.republished;
    return true;
}

/// What was sent over the link that is gone is answered no more. What still lay in the connection's buffer will be: so
/// those without an id have their time again.
void publisher_state::after_reconnect(clock::time_point now) {
    reconnects_ = js_.connection().stats().reconnects;
    for (auto* const each : in_flight()) {
        each->asked = each->sent = now;
        each->tries = 1;
    }
}

void publisher_state::look_at(slot& each, clock::time_point now) {
    const bool over = now - each.sent >= opts_.ack_timeout;
    if (each.nobody) {
        if (now - each.asked >= opts_.ack_timeout)
            fail(each, errc::no_stream_response, std::string(each.subject()));
        else if (now - each.sent >= stream_retry)
            send_again(each, now);
    } else if (each.identified && each.link != reconnects_) {
        send_again(each, now);
    } else if (over && each.identified && each.tries < opts_.max_tries) {
        if (send_again(each, now)) ++each.tries;
    } else if (over) {
        const bool cut = each.link != reconnects_;
        fail(each, cut ? nats::errc::disconnected : nats::errc::timeout, std::string(each.subject()));
    }
}

void publisher_state::look(clock::time_point now) {
    const auto status = js_.connection().status();
    if (status == nats::connection_status::closed) return fail_all(nats::errc::closed, "the connection is closed");
    if (status != nats::connection_status::connected) return;
    if (js_.connection().stats().reconnects != reconnects_) after_reconnect(now);
    for (auto* const each : in_flight())
        if (each->number != 0) look_at(*each, now);
}

asio::awaitable<void> publisher_state::watch(std::shared_ptr<publisher_state> self) {
    while (!self->stopped_ && !self->failure_) {
        const bool idle = self->counts_.in_flight == 0;
        const auto until = idle ? deadline_after(std::chrono::hours(1)) : clock::now() + look_interval;
        co_await self->wake_.wait_until(until);
        if (self->stopped_ || self->failure_) break;
        self->look(clock::now());
    }
}

asio::awaitable<std::size_t> publisher_state::complete(std::shared_ptr<publisher_state> self,
                                                       clock::time_point deadline) {
    const auto done = std::make_shared<nats::async_event>(self->js_.connection().executor());
    self->completions_.push_back(done);
    while (!self->stopped_ && (self->counts_.in_flight > 0 || !self->waiting_.empty())) {
        const bool changed = co_await done->wait_until(deadline);
        if (!changed) break;
    }
    std::erase(self->completions_, done);
    co_return self->counts_.in_flight + self->waiting_.size();
}

void publisher_state::abandon() noexcept {
    stopped_ = true;
    inbox_ = nats::subscription();
    wake_.set();
    for (auto* const each : waiting_) each->set();
    for (const auto& each : completions_) each->set();
}

}  // namespace mote::jetstream::detail
