// How a work endpoint is opened: its stream, the stream of dead letters, its consumer. What cannot be opened is tried again for as
// long as the service runs.
#include <mote/micro/detail/work_state.hpp>

#include <mote/micro/detail/dead_letter.hpp>
#include <mote/nats/plain_reason.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds first_reopen{1};
constexpr std::chrono::seconds last_reopen{30};
constexpr const char* cannot_open = "cannot open the work queue";

/// Options that JetStream was not even asked for: no further try could mend that.
bool is_final(const boost::system::error_code& failed) { return failed == jetstream::errc::bad_config; }

}  // namespace

asio::awaitable<void> work_state::opened() { return open(shared_from_this()); }

void work_state::open_later(const std::string& why) {
    if (stopping_) return;
    in_trouble(cannot_open, why);
    reopen();
}

void work_state::never_open(const std::string& why) {
    if (!stopping_) in_trouble(cannot_open, why);
}

asio::awaitable<void> work_state::open(std::shared_ptr<work_state> self) {
    // Released before this began, or while it waits, and perhaps started anew since.
    const auto over = [&self, start = self->starts_] { return self->stopping_ || self->starts_ != start; };
    if (over()) co_return;
    const auto js = self->js_;
    co_await self->open_stream(js);
    if (over()) co_return;
    co_await make_dead_letter_stream(js);
    if (over()) co_return;
    jetstream::consumer_config config;
    config.name = self->consumer_;
    config.description = "work endpoint " + self->info_.name + " of " + self->service_;
    config.filter_subjects = {self->info_.subject};
    config.ack_wait = self->opts_.ack_wait;
    config.replicas = self->opts_.replicas;
    config.memory_storage = self->opts_.memory;
    const auto consumer = co_await open_ordered(self, js, std::move(config));
    if (over()) co_return;
    self->counts_.pending = consumer.pending;
    self->consume(consumer);
    self->trouble_.clear();
    self->tick();
}

void work_state::consume(const jetstream::consumer_info& consumer) {
    jetstream::pull_options pull;
    // Nothing waits here for its turn: what is taken is in work, and everything else is there for other instances.
    pull.max_in_flight = opts_.max_in_flight;
    pull.max_messages = opts_.max_in_flight;
    if (opts_.order) set_order(pull, consumer);
    pull.on_trouble = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string& text) {
        if (const auto self = weak.lock()) self->report(failed.message(), text);
    };
    pull.on_end = [weak = weak_from_this()](const boost::system::error_code& failed, const std::string& text) {
        const auto self = weak.lock();
        if (self == nullptr || self->stopping_ || failed == nats::errc::closed) return;
        self->in_trouble(failed.message(), text);
        self->reopen();
    };
    pull_.emplace(js_, consumer, std::move(pull));
    pull_->consume([weak = weak_from_this()](jetstream::delivery& delivery) {
        if (const auto self = weak.lock()) self->on_delivery(delivery);
    });
}

/// Not what is stopped: whoever was told of the trouble may have removed this endpoint, or destroyed its service.
void work_state::reopen() {
    if (stopping_ || std::exchange(reopening_, true)) return;
    const auto self = shared_from_this();
    asio::co_spawn(connection_.executor(), open_again(self), [self, start = starts_](const std::exception_ptr&) {
        if (self->starts_ == start) self->reopening_ = false;
    });
}

/// JetStream has refused it, or somebody deleted the stream or the consumer, or changed it, or a server that kept them in
/// memory is gone.
asio::awaitable<void> work_state::open_again(std::shared_ptr<work_state> self) {
    const auto start = self->starts_;
    const auto pause = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
    self->reopen_pause_ = pause;
    const auto still_shut = [&self, start](const char* why) {
        if (!self->stopping_ && self->starts_ == start) self->in_trouble(cannot_open, why);
    };
    std::chrono::nanoseconds wait = first_reopen;
    while (!self->stopping_ && self->starts_ == start) {
        pause->expires_after(wait);
        co_await pause->async_wait(asio::use_awaitable);
        if (self->stopping_ || self->starts_ != start) co_return;
        try {
            co_await open(self);
            co_return;
        } catch (const boost::system::system_error& failed) {
            if (failed.code() == nats::errc::closed) co_return;
            still_shut(failed.what());
            if (is_final(failed.code())) co_return;
        } catch (const std::exception& failed) {
            still_shut(failed.what());
        } catch (...) {
            still_shut("not a std::exception");
        }
        wait = std::min<std::chrono::nanoseconds>(wait * 2, last_reopen);
    }
}

/// What keeps it from working: counted, shown by the service's health, told.
void work_state::in_trouble(const std::string& error, const std::string& cause) {
    const auto reason = nats::plain_reason(cause);
    trouble_ = error + (reason.empty() ? "" : ": " + reason);
    ++counts_.errors;
    counts_.last_error = trouble_;
    report(error, reason);
}

}  // namespace mote::micro::detail
