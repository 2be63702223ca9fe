#include <mote/jetstream/ordered_consumer.hpp>

#include <mote/jetstream/detail/api.hpp>
#include <mote/jetstream/detail/consumer_json.hpp>
#include <mote/jetstream/detail/json.hpp>
#include <mote/jetstream/detail/wire.hpp>
#include <mote/nats/nuid.hpp>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace mote::jetstream {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds longest_slice{500};  // after so long a wait looks whether there was a reconnect
constexpr std::chrono::milliseconds link_poll{100};      // while there is no link
constexpr std::chrono::milliseconds first_retry{100};
constexpr std::chrono::milliseconds last_retry{2000};

// Flow control holds the server to 32 MiB of messages, subjects and replies included. These are beyond that.
constexpr std::size_t max_pending_messages = 1024 * 1024;
constexpr std::size_t max_pending_bytes = 64 * 1024 * 1024;

constexpr std::string_view several_filters = "a consumer with several filters";

/// Whether making the consumer may succeed a little later: the server has just started, or has no leader yet.
bool may_pass(const boost::system::error_code& why) {
    return why == nats::errc::timeout || why == nats::errc::disconnected || why == nats::errc::outbound_buffer_full ||
           why == errc::not_enabled || why == errc::insufficient_resources;
}

}  // namespace

struct ordered_consumer::state {
    context js;
    std::string stream;
    ordered_consumer_options opts;

    nats::subscription inbox{};
    std::string name{};                      // of the consumer that was asked for last
    std::uint64_t last_stream_sequence = 0;  // everything up to here was handed out, or was not asked for
    std::uint64_t next_consumer_sequence = 1;
    std::uint64_t initial_pending = 0;
    std::uint64_t initial_left = 0;  // of the present consumer
    bool caught_up = false;
    bool resumes = false;  // a new consumer starts behind last_stream_sequence
    bool broken = false;   // a new consumer has to be made
    bool stopped = false;
    std::uint64_t reconnects = 0;   // that are known
    clock::time_point last_sign{};  // of life from the consumer
    clock::time_point next_try{};   // not before this a new consumer is asked for
    std::chrono::milliseconds retry{first_retry};

    state(context context, std::string of, ordered_consumer_options options)
        : js(std::move(context)), stream(std::move(of)), opts(std::move(options)) {}

    void created(const json::object& reply);
    std::optional<ordered_message> take(nats::message message);
    void take_control(const nats::message& message);
    void answer_flow_control(std::string_view subject) const noexcept;
    void delete_consumer() noexcept;
    void abandon() noexcept;
    bool is_silent() const;
    bool has_own_pace() const noexcept { return opts.replay == replay_policy::original || opts.rate_limit != 0; }

    static asio::awaitable<void> make(std::shared_ptr<state> self);
    static asio::awaitable<bool> make_again(std::shared_ptr<state> self, clock::time_point deadline);
    static asio::awaitable<bool> pause(std::shared_ptr<state> self, clock::time_point until,
                                       clock::time_point deadline);
    static asio::awaitable<void> look_for(std::shared_ptr<state> self);
    static asio::awaitable<std::optional<nats::message>> wait_message(std::shared_ptr<state> self,
                                                                      clock::time_point deadline);
    static asio::awaitable<std::optional<ordered_message>> next(std::shared_ptr<state> self, clock::time_point deadline,
                                                                bool initial_only);
    static asio::awaitable<void> stop(std::shared_ptr<state> self);
    static asio::awaitable<ordered_consumer> create(std::shared_ptr<state> self);
};

// ---- making the consumer

/// Asks for a consumer with a name and an inbox of its own, so that nothing of an earlier one can be taken for its.
asio::awaitable<void> ordered_consumer::state::make(std::shared_ptr<state> self) {
    const auto& connection = self->js.connection();
    self->delete_consumer();
    self->name = nats::next_nuid();
    self->reconnects = connection.stats().reconnects;
    nats::subscribe_options bounds;
    bounds.max_pending_messages = max_pending_messages;
    bounds.max_pending_bytes = max_pending_bytes;
    bounds.at_drain = [] { /* what nobody asks for now can be read again later */ };
    self->inbox = connection.subscribe(connection.new_inbox(), std::move(bounds));
    const auto resumed = self->resumes ? std::optional(self->last_stream_sequence) : std::nullopt;
    auto body = detail::ordered_consumer_json(self->stream, self->name, self->inbox.subject(), self->opts, resumed);
    auto verb = detail::consumer_create_verb(self->stream, self->name, self->opts.filter_subjects);
    const auto reply = co_await detail::api_request(self->js, std::move(verb), std::move(body));
    if (!self->stopped) self->created(reply);
}

void ordered_consumer::state::created(const json::object& reply) {
    const detail::json_reader from(reply, "consumer");
    const auto filters = from.object("config").texts("filter_subjects");
    if (opts.filter_subjects.size() > 1 && filters.size() != opts.filter_subjects.size())
        throw_error(errc::not_supported, several_filters);  // by a server behind the one of the connection
    const auto delivered = from.object("delivered");
    // What was delivered before the server wrote this reply counts as well.
    initial_left = from.integer<std::uint64_t>("num_pending") + delivered.integer<std::uint64_t>("consumer_seq");
    if (!resumes) {
        initial_pending = initial_left;
        if (opts.deliver == deliver_policy::new_messages) {
            last_stream_sequence = delivered.integer<std::uint64_t>("stream_seq");
            resumes = true;
        }
    }
    next_consumer_sequence = 1;
    if (initial_left == 0) caught_up = true;
    broken = false;
    retry = first_retry;
    last_sign = clock::now();
}

// No co_await stands in a condition here: with g++ 12 its temporaries, copies of parameters too, are destroyed twice.

/// Waits a moment, but not past the deadline. False when it has come.
asio::awaitable<bool> ordered_consumer::state::pause(std::shared_ptr<state> self, clock::time_point until,
                                                     clock::time_point deadline) {
    if (clock::now() >= deadline) co_return false;
    asio::steady_timer timer(self->js.connection().executor(), std::min(until, deadline));
    co_await timer.async_wait(asio::use_awaitable);
    co_return true;
}

/// False when the deadline came first.
asio::awaitable<bool> ordered_consumer::state::make_again(std::shared_ptr<state> self, clock::time_point deadline) {
    while (!self->stopped) {
        const auto status = self->js.connection().status();
        if (status == nats::connection_status::closed || status == nats::connection_status::draining)
            nats::throw_error(nats::errc::closed, "the connection is closed");
        if (status != nats::connection_status::connected) {
            self->next_try = {};
            const bool paused = co_await pause(self, clock::now() + link_poll, deadline);
            if (!paused) break;
            continue;
        }
        if (clock::now() < self->next_try) {
            const bool paused = co_await pause(self, self->next_try, deadline);
            if (!paused) break;
            continue;
        }
        self->next_try = clock::now() + self->retry;
        self->retry = std::min(self->retry * 2, last_retry);
        try {
            co_await make(self);
            co_return true;
        } catch (const boost::system::system_error& failed) {
            if (!may_pass(failed.code())) throw;
        }
    }
    co_return false;
}

// ---- what it delivers

void ordered_consumer::state::answer_flow_control(std::string_view subject) const noexcept {
    try {
        js.connection().publish(subject, {});
    } catch (...) {
        return;  // the next heartbeat asks again
    }
}

void ordered_consumer::state::take_control(const nats::message& message) {
    const int status = message.status();
    if (status == 0) return;  // nobody but the consumer should publish here
    if (status != 100) {
        broken = true;  // the server ends this consumer, and says why
        return;
    }
    if (!message.reply().empty()) return answer_flow_control(message.reply());

    const auto stalled = message.headers().get("Nats-Consumer-Stalled");
    if (stalled) answer_flow_control(*stalled);
    const auto last = message.headers().get("Nats-Last-Consumer");
    const auto last_sequence = last ? detail::parse_number(*last) : std::nullopt;
    if (!last_sequence) return;
    if (*last_sequence != next_consumer_sequence - 1)
        broken = true;  // the last ones before this heartbeat are lost
    else if (!stalled)
        caught_up = true;  // an idle consumer has nothing more, also when what it counted has gone since
}

std::optional<ordered_message> ordered_consumer::state::take(nats::message message) {
    const auto said = detail::parse_ack_subject(message.reply());
    if (!said) {
        take_control(message);
        return std::nullopt;
    }
    if (said->consumer_sequence != next_consumer_sequence) {
        broken = true;
        return std::nullopt;
    }
    ++next_consumer_sequence;
    last_stream_sequence = said->stream_sequence;
    resumes = true;
    if (initial_left > 0) --initial_left;
    if (initial_left == 0 || said->pending == 0) caught_up = true;
    std::optional<ordered_message> taken(std::in_place);
    taken->message = std::move(message);
    taken->stream_sequence = said->stream_sequence;
    taken->pending = said->pending;
    taken->time = said->time;
    return taken;
}

bool ordered_consumer::state::is_silent() const { return clock::now() - last_sign > 2 * opts.idle_heartbeat; }

/// A consumer with a pace of its own sends no heartbeats while it pauses: is it there, and has sent no more than has come?
asio::awaitable<void> ordered_consumer::state::look_for(std::shared_ptr<state> self) {
    const auto expected = self->next_consumer_sequence;
    const auto made = self->name;
    try {
        const auto seen = co_await self->js.consumer(self->stream, made);
        const bool more_came = self->inbox.stats().pending_messages != 0;  // while this asked
        self->broken = seen.delivered.consumer_sequence + 1 != expected && !more_came;
    } catch (const boost::system::system_error&) {
        self->broken = true;
    }
    if (!self->broken) self->last_sign = clock::now();
}

asio::awaitable<std::optional<nats::message>> ordered_consumer::state::wait_message(std::shared_ptr<state> self,
                                                                                    clock::time_point deadline) {
    const std::chrono::nanoseconds slice = std::min<std::chrono::nanoseconds>(longest_slice, self->opts.idle_heartbeat);
    const auto left = std::min<std::chrono::nanoseconds>(deadline - clock::now(), slice);
    std::optional<nats::message> message;
    try {
        message = co_await self->inbox.next(left);
        if (!message && !self->stopped) nats::throw_error(nats::errc::closed, "the connection is draining");
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != nats::errc::timeout) throw;
    }
    if (message || self->stopped) co_return message;
    if (self->js.connection().stats().reconnects != self->reconnects) {
        self->broken = true;
    } else if (self->is_silent()) {
        self->broken = true;
        if (self->has_own_pace()) co_await look_for(self);
    }
    co_return message;
}

asio::awaitable<std::optional<ordered_message>> ordered_consumer::state::next(std::shared_ptr<state> self,
                                                                              clock::time_point deadline,
                                                                              bool initial_only) {
    while (!self->stopped && !(initial_only && self->caught_up)) {
        if (self->broken) {
            const bool made = co_await make_again(self, deadline);
            if (!made) break;
            continue;
        }
        auto message = self->inbox.try_next();
        if (!message) {
            if (clock::now() >= deadline) break;
            if (self->js.connection().status() == nats::connection_status::reconnecting) {
                self->broken = true;
                continue;
            }
            message = co_await wait_message(self, deadline);
        }
        if (!message || self->stopped) continue;
        self->last_sign = clock::now();
        if (auto taken = self->take(std::move(*message))) co_return taken;
    }
    co_return std::nullopt;
}

// ---- the end

void ordered_consumer::state::delete_consumer() noexcept {
    inbox = nats::subscription();
    if (name.empty()) return;
    try {
        js.connection().publish(js.api_prefix() + "CONSUMER.DELETE." + stream + "." + std::exchange(name, {}), {});
    } catch (...) {
        return;  // the server deletes it after inactive_threshold
    }
}

void ordered_consumer::state::abandon() noexcept {
    if (std::exchange(stopped, true)) return;
    delete_consumer();
}

asio::awaitable<void> ordered_consumer::state::stop(std::shared_ptr<state> self) {
    if (std::exchange(self->stopped, true)) co_return;
    self->inbox.unsubscribe();  // not taken away: a `next` may wait for it
    const auto name = std::exchange(self->name, {});
    if (name.empty()) co_return;
    try {
        co_await detail::api_request(self->js, "CONSUMER.DELETE." + self->stream + "." + name, "");
    } catch (const boost::system::system_error& failed) {
        const auto why = failed.code();
        if (why != errc::consumer_not_found && why != errc::stream_not_found) throw;
    }
}

asio::awaitable<ordered_consumer> ordered_consumer::state::create(std::shared_ptr<state> self) {
    ordered_consumer made(self);
    co_await make(self);
    co_return made;
}

asio::awaitable<ordered_consumer> ordered_consumer::create(context js, std::string stream,
                                                           ordered_consumer_options opts) {
    detail::check_name(stream, "stream");
    if (opts.filter_subjects.empty()) opts.filter_subjects.emplace_back(">");
    if (opts.filter_subjects.size() > 1) detail::require_server(js, 2, 10, several_filters);
    if (opts.deliver == deliver_policy::by_start_time && !detail::parse_time(opts.start_time))
        throw_error(errc::bad_config, "start time '" + opts.start_time + "'");
    if (opts.idle_heartbeat < std::chrono::milliseconds(100))
        throw_error(errc::bad_config, "an idle heartbeat below 100 ms");
    return state::create(std::make_shared<state>(std::move(js), std::move(stream), std::move(opts)));
}

ordered_consumer::ordered_consumer(std::shared_ptr<state> made) : state_(std::move(made)) {}

ordered_consumer::ordered_consumer(ordered_consumer&&) noexcept = default;

ordered_consumer& ordered_consumer::operator=(ordered_consumer&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) state_->abandon();
    state_ = std::move(other.state_);
    return *this;
}

ordered_consumer::~ordered_consumer() {
    if (state_ != nullptr) state_->abandon();
}

std::uint64_t ordered_consumer::initial_pending() const noexcept { return state_->initial_pending; }

bool ordered_consumer::caught_up() const noexcept { return state_->caught_up; }

asio::awaitable<std::optional<ordered_message>> ordered_consumer::next(std::chrono::nanoseconds timeout) {
    return state::next(state_, detail::deadline_after(timeout), false);
}

asio::awaitable<std::optional<ordered_message>> ordered_consumer::next_initial(std::chrono::nanoseconds timeout) {
    return state::next(state_, detail::deadline_after(timeout), true);
}

asio::awaitable<void> ordered_consumer::stop() { return state::stop(state_); }

}  // namespace mote::jetstream
