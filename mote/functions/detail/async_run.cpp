#include <mote/functions/detail/async_run.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/detail/async_names.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/duration.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;
using nanoseconds = std::chrono::nanoseconds;
using wall_clock = std::chrono::system_clock;
using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds shown_as_running{1};
constexpr std::chrono::seconds look_at_paused{5};
constexpr std::chrono::milliseconds too_early{20};
constexpr std::size_t room_beside_record = 1024;      // subject and headers of the message that keeps it
constexpr std::string_view retried_letter = "dead:";  // begins the message id of a dead letter that is tried again

std::string given_up(const call_record& record) {
    auto text = "status " + std::to_string(record.status) + " after " + std::to_string(record.attempts) + " tries";
    if (!record.reason.empty()) text += ": " + record.reason;
    return text;
}

}  // namespace

async_run::async_run(std::shared_ptr<worker_core> core, std::shared_ptr<worker_lane> lane, jetstream::delivery delivery)
    : core_(std::move(core)), lane_(std::move(lane)), sequence_(delivery.info().stream_sequence) {
    deliveries_.push_back(std::move(delivery));
    call_id_ = header(call_headers::call_id);
}

std::string async_run::header(std::string_view name) const {
    return std::string(deliveries_.front().headers().get(name).value_or(std::string_view()));
}

void async_run::also(jetstream::delivery delivery) {
    if (aside_) delivery.set_aside();
    deliveries_.push_back(std::move(delivery));
}

void async_run::cancel() noexcept {
    cancelled_ = true;
    if (call_) call_->cancel();
}

void async_run::abandon() noexcept {
    if (call_) call_->cancel();
}

void async_run::tick(clock::time_point now) {
    if (now - kept_alive_ >= core_->options().ack_wait / 4) {
        for (auto& each : deliveries_) each.in_progress();
        kept_alive_ = now;
    }
    const bool runs = began_ != clock::time_point();
    if (!runs || noted_ || cancelled_ || now - began_ < shown_as_running) return;
    noted_ = true;
    auto shown = kept_.what;
    shown.state = call_state::running;
    asio::co_spawn(core_->js().connection().executor(),
                   note_running(shared_from_this(), std::move(shown), kept_.revision),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> async_run::note_running(std::shared_ptr<async_run> self, call_record shown,
                                              kv::revision expected) {
    const auto& calls = self->core_->calls();
    const auto text = write_record(shown);
    auto written = co_await calls.write(self->call_id_, text, expected);
    if (!written) {
        // Who queued it may have written that only after this run looked. Else the result will find out why.
        const auto now = co_await calls.read(self->call_id_);
        const bool same = now.what.state == call_state::queued && now.what.sequence == shown.sequence;
        if (same) written = co_await calls.write(self->call_id_, text, now.revision);
    }
    if (written && self->kept_.revision == expected) self->kept_.revision = *written;
}

asio::awaitable<void> async_run::go(std::shared_ptr<async_run> self) {
    const auto core = self->core_;
    ++self->lane_->counts.in_flight;
    std::string failed;
    try {
        co_await run(self);
    } catch (const std::exception& thrown) {
        failed = thrown.what();  // not settled: it comes again after the ack wait
    }
    if (!failed.empty() && !core->stopped()) core->trouble("call " + self->call_id_ + ": " + failed);
    --self->lane_->counts.in_flight;
    core->ended(*self);
}

asio::awaitable<void> async_run::run(std::shared_ptr<async_run> self) {
    if (!call_headers::is_call_id(self->call_id_)) {
        self->new_record();
        co_await bury(self, "a message without a call id");
        co_return;
    }
    const auto step = co_await begin(self);
    if (step == next_step::run) co_await try_function(self);
    if (step == next_step::cancel) co_await finish(self, call_state::cancelled);
    if (step == next_step::callback) co_await call_back(self);
}

asio::awaitable<async_run::next_step> async_run::begin(std::shared_ptr<async_run> self) {
    const std::function<asio::awaitable<kept_record>()> reading = [self] {
        return self->core_->calls().read(self->call_id_);
    };
    self->kept_ = co_await worker_core::insist(self->core_, reading);
    co_return self->judge_record();
}

/// What the record says that is to be done; acks or naks when that is nothing.
async_run::next_step async_run::judge_record() {
    auto& record = kept_.what;
    const bool again = header("Nats-Msg-Id").starts_with(retried_letter) && record.state == call_state::dead;
    if (kept_.revision == 0 || record.function.name.empty() || (again && record.sequence != sequence_)) {
        new_record();
    } else if (record.sequence != 0 && record.sequence != sequence_) {
        ack();  // another call of that id was there before
        return next_step::nothing;
    }
    record.sequence = sequence_;
    const auto early = record.next - wall_clock::now();
    const bool waits =
        record.state == call_state::retrying || (is_final(record.state) && record.callback == callback_state::pending);
    if (waits && early > too_early) {
        nak(early);
        return next_step::nothing;
    }
    if (!is_final(record.state)) return cancelled_ ? next_step::cancel : next_step::run;
    if (record.callback == callback_state::pending) return next_step::callback;
    ack();
    return next_step::nothing;
}

void async_run::new_record() {
    const auto& delivery = deliveries_.front();
    kept_.what = call_record();
    kept_.what.function = lane_->name;
    kept_.what.sequence = sequence_;
    kept_.what.submitted = delivery.info().time;
    if (delivery.headers().get(callback_header)) kept_.what.callback = callback_state::pending;
}

/// How long it may take as its caller said, else nothing.
std::optional<nanoseconds> async_run::asked_timeout() const {
    const auto asked = nats::parse_duration(header(call_headers::timeout));
    return asked && asked->count() > 0 ? asked : std::nullopt;
}

/// Throws `errc::bad_setting`.
function_call::request async_run::request_to(const description& what) const {
    const auto& delivery = deliveries_.front();
    function_call::request request;
    request.subject = lane_->name.subject();
    request.payload = delivery.payload();
    for (const auto& field : delivery.headers())
        if (call_headers::is_passed_on(field.name) || field.name.starts_with("Http-"))
            request.headers.add(field.name, field.value);
    // A node knows that by itself; a function that is a micro service does not.
    if (call_headers::is_call_id(call_id_)) request.headers.add(call_headers::cancel_token, call_id_);
    request.timeout = run_timeout(what, core_->options().timeout);
    if (const auto asked = asked_timeout()) request.timeout = std::min(request.timeout, *asked);
    request.max_result = core_->options().max_result;
    return request;
}

asio::awaitable<void> async_run::try_function(std::shared_ptr<async_run> self) {
    const auto core = self->core_;
    auto& record = self->kept_.what;
    const auto what = co_await worker_core::find(core, self->lane_->name);
    if (!what) {
        auto reason = "function " + self->lane_->name.full() + " not found";
        co_await bury(self, std::move(reason));
        co_return;
    }
    if (what->paused) {
        self->nak(look_at_paused);
        co_return;
    }
    retry_settings settings;
    function_call::request request;
    std::string wrong;
    try {
        settings = retry_settings::of(*what);
        request = self->request_to(*what);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != errc::bad_setting) throw;
        wrong = detail_of(failed);  // nothing gets better by itself
    }
    if (!wrong.empty()) {
        record.status = 500;
        co_await bury(self, std::move(wrong));
        co_return;
    }
    record.started = wall_clock::now();
    self->began_ = clock::now();
    self->call_ = std::make_shared<function_call>();
    auto answer = co_await function_call::ask(self->call_, core->js().connection(), std::move(request));
    if (core->stopped()) co_return;
    record.duration = clock::now() - self->began_;
    self->began_ = {};
    ++record.attempts;
    record.max_attempts = settings.attempts;
    const bool too_large = answer.too_large;
    const auto after = answer.headers.get("Retry-After");
    const auto asked = after ? retry_after(*after, wall_clock::now()) : std::nullopt;
    self->take(std::move(answer));

    const bool again = !too_large && settings.again(record.status);
    if (self->cancelled_) {
        co_await finish(self, call_state::cancelled);
        co_return;
    }
    if (again && record.attempts >= settings.attempts) {
        auto reason = given_up(record);
        co_await bury(self, std::move(reason));
        co_return;
    }
    if (!again) {
        co_await finish(self, record.status >= 500 ? call_state::failed : call_state::done);
        co_return;
    }
    auto wait = settings.wait_after(record.attempts, core->chance());
    if (asked) wait = std::max(wait, *asked);
    record.state = call_state::retrying;
    record.next = wall_clock::now() + std::chrono::duration_cast<wall_clock::duration>(wait);
    const bool written = co_await write(self);
    if (!written) {
        self->ack();  // cancelled meanwhile
        co_return;
    }
    ++self->lane_->counts.retries;
    self->nak(wait);
}

/// Puts the answer into the record.
void async_run::take(call_answer answer) {
    auto& record = kept_.what;
    record.status = answer.status;
    record.headers = std::move(answer.headers);
    record.body_size = answer.body.size();
    record.body = std::move(answer.body);
    record.reason = answer.trouble.substr(0, longest_reason);
    if (answer.too_large) {
        record.status = 502;
        record.reason = "the answer has more than " + std::to_string(core_->options().max_result) + " bytes";
        record.body = record.reason;
    }
    bound_body();
}

/// What does not fit into the bucket is kept here only.
void async_run::bound_body() {
    auto& record = kept_.what;
    const auto limit = core_->js().connection().server().max_payload;
    body_.clear();
    record.body_kept =
        record.body.size() <= core_->options().keep_body && write_record(record).size() + room_beside_record <= limit;
    if (!record.body_kept) body_ = std::exchange(record.body, {});
    if (write_record(record).size() + room_beside_record > limit) record.headers = nats::headers();
}

asio::awaitable<void> async_run::bury(std::shared_ptr<async_run> self, std::string reason) {
    auto& record = self->kept_.what;
    record.reason = reason.substr(0, longest_reason);
    if (record.attempts == 0) {
        if (record.status == 0) record.status = 404;
        record.body = record.reason;
        record.body_size = record.body.size();
    }
    // The letter first: one without a record is found, a record without a letter could not be tried again.
    const std::function<asio::awaitable<void>()> writing = [self, reason] {
        micro::lost_work what;
        what.service = self->lane_->name.space;
        what.endpoint = self->lane_->name.name;
        what.stream = async_queue::stream_name;
        what.sequence = self->sequence_;
        what.stored = self->deliveries_.front().info().time;
        what.tries = self->kept_.what.attempts;
        what.reason = reason;
        return self->core_->letters().add(std::move(what), nats::message(self->deliveries_.front().message()));
    };
    bool is_kept = true;
    try {
        co_await worker_core::insist(self->core_, writing);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::max_payload_exceeded) throw;
        is_kept = false;  // a gateway would not have taken it
    }
    if (!is_kept) self->core_->trouble("call " + self->call_id_ + ": too large to be kept as a dead letter");
    ++self->lane_->counts.dead;
    if (call_headers::is_call_id(self->call_id_)) {
        co_await finish(self, call_state::dead);
    } else {
        ++self->lane_->counts.processed;
        self->ack();
    }
}

/// Writes how it ended, and settles the message, or sees to the callback.
asio::awaitable<void> async_run::finish(std::shared_ptr<async_run> self, call_state state) {
    auto& record = self->kept_.what;
    record.state = state;
    record.next = {};
    ++self->lane_->counts.processed;
    if (state == call_state::cancelled) {
        ++self->lane_->counts.cancelled;
        record.callback = callback_state::none;
        record.reason = "cancelled";
    } else if (!record.body_kept && record.callback == callback_state::pending) {
        co_await call_back_at_once(self);
    }
    const bool written = co_await write(self);
    if (written && record.callback == callback_state::pending) {
        co_await call_back(self);
        co_return;
    }
    self->ack();
}

/// False when the record says that the call was cancelled, or ended in another way; then it stays so.
asio::awaitable<bool> async_run::write(std::shared_ptr<async_run> self) {
    const auto text = write_record(self->kept_.what);
    const bool ended_before = is_final(self->kept_.what.state);
    using outcome = std::optional<kv::revision>;
    for (;;) {
        const std::function<asio::awaitable<outcome>()> writing = [self, &text] {
            return self->core_->calls().write(self->call_id_, text, self->kept_.revision);
        };
        const auto written = co_await worker_core::insist(self->core_, writing);
        if (written) {
            self->kept_.revision = *written;
            co_return true;
        }
        const std::function<asio::awaitable<kept_record>()> reading = [self] {
            return self->core_->calls().read(self->call_id_);
        };
        const auto other = co_await worker_core::insist(self->core_, reading);
        const bool same_life = other.what.sequence == self->sequence_;
        if (other.revision != 0 && same_life && is_final(other.what.state)) {
            // Our own write may have been taken without our hearing of it.
            const bool ours = other.what.state == self->kept_.what.state && ended_before;
            self->kept_.revision = other.revision;
            co_return ours;
        }
        self->kept_.revision = other.revision;
    }
}

void async_run::set_aside() noexcept {
    aside_ = true;
    for (auto& each : deliveries_) each.set_aside();
}

void async_run::ack() {
    for (auto& each : deliveries_) each.ack();
}

void async_run::nak(nanoseconds delay) {
    for (auto& each : deliveries_) each.nak(delay);
}

}  // namespace mote::functions::detail
