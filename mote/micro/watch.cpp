#include <mote/micro/watch.hpp>

#include <mote/micro/detail/reply.hpp>
#include <mote/micro/detail/survey.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/detail/watch_table.hpp>
#include <mote/micro/service_error.hpp>
#include <mote/nats/async_event.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace mote::micro {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace detail {

/// One coroutine asks and reads; it keeps the state, and ends when the inbox does.
class watch_state {
public:
    watch_state(nats::connection connection, watch_options opts);

    static asio::awaitable<void> run(std::shared_ptr<watch_state> self);
    static asio::awaitable<std::optional<service_event>> next(std::shared_ptr<watch_state> self,
                                                              clock::time_point deadline);
    static asio::awaitable<void> stop(std::shared_ptr<watch_state> self);
    void leave() noexcept;

    const watch_table& table() const noexcept { return table_; }
    std::size_t unreadable() const noexcept { return unreadable_; }

private:
    void ask(std::string_view verb, std::string_view of = {});
    void begin_round();
    void take(const nats::message& reply);
    void tell(service_event event);
    asio::awaitable<void> read_until(clock::time_point end_of_round);

    nats::connection connection_;
    watch_options opts_;
    watch_table table_;
    watch_table::sink sink_;
    pending_events pending_;
    std::string inbox_prefix_;
    nats::subscription inbox_;
    std::uint64_t round_ = 0;
    std::uint64_t reconnects_ = 0;
    std::size_t unreadable_ = 0;
    bool stopped_ = false;
    bool ended_ = false;
    std::exception_ptr failed_;
    nats::async_event changed_;  // for `next`
    std::vector<std::shared_ptr<nats::async_event>> waiting_for_end_;
};

watch_state::watch_state(nats::connection connection, watch_options opts)
    : connection_(std::move(connection)),
      opts_(std::move(opts)),
      table_(opts_.max_instances, std::max(opts_.missed_rounds, 1)),
      sink_([this](service_event event) { tell(std::move(event)); }),
      inbox_prefix_(connection_.new_inbox() + "."),
      reconnects_(connection_.stats().reconnects),
      changed_(connection_.executor()) {
    if (!opts_.name.empty() && !is_valid_name(opts_.name))
        throw_error(errc::bad_name, "service \"" + opts_.name + "\"");
    inbox_ = connection_.subscribe(inbox_prefix_ + "*");
}

/// `of` is ".<name>.<id>" of one instance; else all are asked.
void watch_state::ask(std::string_view verb, std::string_view of) {
    auto subject = "$SRV." + std::string(verb);
    if (!of.empty())
        subject += of;
    else if (!opts_.name.empty())
        subject += "." + opts_.name;
    connection_.publish(subject, inbox_prefix_ + std::string(verb), {}, {});
}

/// What is asked while the server is away would be asked again and again when it is back.
void watch_state::begin_round() {
    const auto reconnects = connection_.stats().reconnects;
    const bool away = connection_.status() != nats::connection_status::connected;
    if (away || reconnects != reconnects_) table_.forgive();
    reconnects_ = reconnects;
    if (away) return;
    table_.begin_round(sink_);
    if (stopped_) return;  // by the handler of an event
    const auto every = static_cast<std::uint64_t>(std::max(opts_.info_rounds, 1));
    ask(round_++ % every == 0 ? "INFO" : "PING");
}

void watch_state::take(const nats::message& reply) {
    if (means_nobody(reply)) return;
    const auto verb = reply.subject().substr(std::min(inbox_prefix_.size(), reply.subject().size()));
    try {
        auto answered = verb == "INFO" ? parse_info_reply(reply.payload()) : parse_ping_reply(reply.payload());
        if (!opts_.name.empty() && answered.name != opts_.name) throw_error(errc::bad_reply, answered.name);
        if (!is_valid_name(answered.name) || !is_valid_id(answered.id)) throw_error(errc::bad_reply, answered.id);
        if (verb == "INFO")
            table_.take_info(std::move(answered), sink_);
        else if (table_.take_ping(answered))
            ask("INFO", "." + answered.name + "." + answered.id);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != errc::bad_reply) throw;
        ++unreadable_;
    }
}

void watch_state::tell(service_event event) {
    if (stopped_) return;
    if (!opts_.on_event) {
        pending_.add(std::move(event));
        changed_.set();
        return;
    }
    try {
        opts_.on_event(event);
    } catch (...) {
        return;  // as promised: dropped
    }
}

asio::awaitable<void> watch_state::read_until(clock::time_point end_of_round) {
    while (!stopped_) {
        const auto reply = co_await next_until(&inbox_, end_of_round);
        if (!reply) co_return;
        take(*reply);
    }
}

asio::awaitable<void> watch_state::run(std::shared_ptr<watch_state> self) {
    constexpr std::chrono::nanoseconds shortest = std::chrono::milliseconds(1);
    try {
        while (!self->stopped_) {
            const auto end_of_round = clock::now() + std::max(self->opts_.interval, shortest);
            self->begin_round();
            co_await self->read_until(end_of_round);
            if (!self->stopped_ && !self->inbox_.active()) nats::throw_error(nats::errc::closed, "service watch");
        }
    } catch (...) {
        if (!self->stopped_) self->failed_ = std::current_exception();
    }
    self->ended_ = true;
    self->leave();
    for (const auto& each : std::exchange(self->waiting_for_end_, {})) each->set();
}

void watch_state::leave() noexcept {
    stopped_ = true;
    inbox_.unsubscribe();
    changed_.set();
}

asio::awaitable<std::optional<service_event>> watch_state::next(std::shared_ptr<watch_state> self,
                                                                clock::time_point deadline) {
    for (;;) {
        if (!self->pending_.empty()) co_return self->pending_.take();
        if (self->failed_) std::rethrow_exception(self->failed_);
        if (self->stopped_) co_return std::nullopt;
        const bool in_time = co_await self->changed_.wait_until(deadline);
        if (!in_time) co_return std::nullopt;
    }
}

asio::awaitable<void> watch_state::stop(std::shared_ptr<watch_state> self) {
    self->leave();
    if (self->ended_) co_return;
    const auto ended = std::make_shared<nats::async_event>(self->connection_.executor());
    self->waiting_for_end_.push_back(ended);
    co_await ended->wait_until(clock::time_point::max());  // its inbox has ended, so it does at once
}

}  // namespace detail

service_watch::service_watch(nats::connection connection, watch_options opts)
    : state_(std::make_shared<detail::watch_state>(connection, std::move(opts))) {
    asio::co_spawn(connection.executor(), detail::watch_state::run(state_), [](const std::exception_ptr&) {});
}

service_watch::service_watch(service_watch&&) noexcept = default;

service_watch& service_watch::operator=(service_watch&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) state_->leave();
    state_ = std::move(other.state_);
    return *this;
}

service_watch::~service_watch() {
    if (state_ != nullptr) state_->leave();
}

asio::awaitable<std::optional<service_event>> service_watch::next(std::chrono::nanoseconds timeout) {
    const auto now = clock::now();
    const bool for_ever = timeout > clock::time_point::max() - now;
    return detail::watch_state::next(state_, for_ever ? clock::time_point::max() : now + timeout);
}

asio::awaitable<void> service_watch::stop() { return detail::watch_state::stop(state_); }

std::vector<service_info> service_watch::instances() const { return state_->table().instances(); }

std::size_t service_watch::ignored() const noexcept { return state_->table().ignored() + state_->unreadable(); }

}  // namespace mote::micro
