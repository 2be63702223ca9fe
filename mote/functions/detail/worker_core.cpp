#include <mote/functions/detail/worker_core.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/detail/async_names.hpp>
#include <mote/functions/detail/async_run.hpp>
#include <mote/functions/retry_settings.hpp>
#include <mote/jetstream/error.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

namespace mote::functions::detail {
namespace {

namespace asio = boost::asio;
using nanoseconds = std::chrono::nanoseconds;
using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause_before_again{500};
constexpr std::chrono::seconds longest_close{5};
constexpr int most_unsettled = 20'000;  // of one function over all workers, calls that wait for another try among them

jetstream::consumer_config consumer_for(const function_name& name, nanoseconds ack_wait) {
    jetstream::consumer_config config;
    config.name = consumer_name(name);
    config.description = "asynchronous calls of " + name.full();
    config.filter_subjects = {call_subject(name)};
    config.ack_wait = ack_wait;
    config.max_ack_pending = most_unsettled;
    return config;
}

}  // namespace

worker_core::worker_core(jetstream::context js, function_store store, const function_table& table,
                         async_worker_options opts)
    : js_(std::move(js)),
      store_(std::move(store)),
      table_(&table),
      opts_(std::move(opts)),
      ticker_(js_.connection().executor()),
      looker_(js_.connection().executor()),
      quiet_(js_.connection().executor()) {
    opts_.ack_wait = std::max<nanoseconds>(opts_.ack_wait, std::chrono::seconds(1));
    opts_.look_every = std::max<nanoseconds>(opts_.look_every, std::chrono::milliseconds(50));
    opts_.concurrency = std::max(opts_.concurrency, 1U);
}

// ---- start and stop

asio::awaitable<void> worker_core::start(std::shared_ptr<worker_core> self) {
    async_queue_options as_made;
    auto calls = co_await call_store::open(self->js_, as_made);
    if (self->stopped_) co_return;
    self->calls_.emplace(std::move(calls));
    const auto& connection = self->js_.connection();
    const std::weak_ptr<worker_core> weak = self;
    self->notices_ =
        connection.subscribe(std::string(notice_subjects) + "*.*", [weak](const nats::message_view& message) {
            const auto core = weak.lock();
            const auto name = function_in(message.subject, notice_subjects);
            if (core != nullptr && name) core->want(*name);
        });
    self->cancels_ =
        connection.subscribe(std::string(call_headers::cancel_prefix) + "*", [weak](const nats::message_view& message) {
            if (const auto core = weak.lock())
                core->on_cancel(message.subject.substr(call_headers::cancel_prefix.size()));
        });
    co_await connection.flush();  // from here on notices come, and what is there already is seen by the first look
    if (self->stopped_) co_return;
    self->tick();
    self->spawn(look_around(self));
}

asio::awaitable<std::size_t> worker_core::stop(std::shared_ptr<worker_core> self, nanoseconds timeout) {
    const auto deadline = clock::now() + timeout;
    self->stopping_ = true;
    self->looker_.cancel();
    self->notices_ = nats::subscription();
    for (const auto& [name, lane] : self->lanes_) self->let_go(lane);
    while (!self->runs_.empty())
        if (!co_await self->quiet_.wait_until(deadline)) break;
    const auto left = self->runs_.size();
    self->abandon();
    try {
        co_await self->js_.connection().flush();  // the acks
    } catch (const boost::system::system_error& failed) {
        self->trouble(failed.what());
    }
    co_return left;
}

void worker_core::abandon() noexcept {
    stopping_ = true;
    stopped_ = true;
    table_ = nullptr;
    looker_.cancel();
    ticker_.cancel();
    notices_ = nats::subscription();
    cancels_ = nats::subscription();
    for (const auto& [sequence, run] : runs_) run->abandon();
}

void worker_core::spawn(asio::awaitable<void> work) {
    asio::co_spawn(js_.connection().executor(), std::move(work),
                   [self = shared_from_this()](const std::exception_ptr& failed) {
                       if (!failed || self->stopped_) return;
                       try {
                           std::rethrow_exception(failed);
                       } catch (const std::exception& thrown) {
                           self->trouble(thrown.what());
                       }
                   });
}

void worker_core::trouble(const std::string& text) const noexcept {
    if (opts_.on_trouble) opts_.on_trouble(text);
}

asio::awaitable<void> worker_core::pause(std::string why) {
    trouble(why);
    asio::steady_timer timer(co_await asio::this_coro::executor, pause_before_again);
    co_await timer.async_wait(asio::use_awaitable);
    if (stopped_) nats::throw_error(nats::errc::closed);
}

// ---- which functions have calls

asio::awaitable<void> worker_core::look_around(std::shared_ptr<worker_core> self) {
    while (!self->stopping_) {
        std::string failed;
        try {
            co_await look(self);
        } catch (const boost::system::system_error& thrown) {
            if (thrown.code() == nats::errc::closed) co_return;
            failed = thrown.what();
        }
        if (self->stopping_) co_return;
        if (!failed.empty()) self->trouble("looking for queued calls: " + failed);
        self->looker_.expires_after(self->opts_.look_every);
        co_await self->looker_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> worker_core::look(std::shared_ptr<worker_core> self) {
    auto found = co_await self->calls_->pending();
    if (self->stopping_) co_return;
    self->pending_ = std::move(found);
    std::vector<std::shared_ptr<worker_lane>> waiting;  // though nothing of them runs here
    for (const auto& [name, count] : self->pending_) {
        if (count == 0) continue;
        self->want(name);
        const auto& lane = self->lanes_.at(name);
        if (lane->is == worker_lane::state::open && lane->counts.in_flight == 0) waiting.push_back(lane);
    }
    co_await repair(self, std::move(waiting));
}

void worker_core::want(const function_name& name) {
    if (stopping_) return;
    auto& lane = lanes_[name];
    if (lane == nullptr) lane = std::make_shared<worker_lane>(name, js_.connection().executor());
    lane->used = clock::now();
    if (lane->is == worker_lane::state::closed) {
        if (is_paused(name)) {
            lane->wanted = true;
            return;
        }
        lane->is = worker_lane::state::opening;
        spawn(open(shared_from_this(), lane));
    } else if (lane->is != worker_lane::state::open) {
        lane->wanted = true;
    }
}

void worker_core::let_go(const std::shared_ptr<worker_lane>& lane) {
    if (lane->is != worker_lane::state::open) return;
    lane->is = worker_lane::state::closing;
    spawn(close(shared_from_this(), lane));
}

void worker_core::changed(const function_name& name) {
    if (stopping_) return;
    const auto found = lanes_.find(name);
    if (found == lanes_.end()) return;
    const auto lane = found->second;
    if (is_paused(name)) {
        lane->wanted = true;  // what has come meanwhile waits for the resumption, and not for the next look
        return let_go(lane);
    }
    if (lane->is == worker_lane::state::closed && lane->wanted) return want(name);
    if (lane->is != worker_lane::state::open || is_as_opened(*lane)) return;
    lane->wanted = true;
    let_go(lane);
}

bool worker_core::is_paused(const function_name& name) const noexcept {
    const auto* const found = table_ == nullptr ? nullptr : table_->find(name);
    return found != nullptr && found->what.paused;
}

std::uint32_t worker_core::concurrency_of(const description* what) const {
    if (what == nullptr) return opts_.concurrency;
    try {
        return async_concurrency(*what, opts_.concurrency);
    } catch (const boost::system::system_error& failed) {
        trouble("function " + what->name().full() + ": " + failed.what());
        return opts_.concurrency;
    }
}

/// Whether nothing has changed that the concurrency of a lane comes from.
bool worker_core::is_as_opened(const worker_lane& lane) const {
    const auto* const found = table_ == nullptr ? nullptr : table_->find(lane.name);
    return found == nullptr || (lane.said == concurrency_of(&found->what) && lane.digest == found->what.digest);
}

asio::awaitable<std::optional<description>> worker_core::find(std::shared_ptr<worker_core> self, function_name name) {
    auto what = co_await look_up(self, name);
    if (!what || !self->opts_.variables) co_return what;
    std::string failed;
    try {
        auto reading = self->opts_.variables(*what);
        what->wanted.variables = co_await std::move(reading);
    } catch (const boost::system::system_error& thrown) {
        failed = thrown.what();
    }
    if (!failed.empty()) self->trouble("variables of " + name.full() + ": " + failed);
    co_return what;
}

asio::awaitable<std::optional<description>> worker_core::look_up(std::shared_ptr<worker_core> self,
                                                                 function_name name) {
    const auto* const known = self->table_ == nullptr ? nullptr : self->table_->find(name);
    std::optional<description> what;
    if (known != nullptr) {
        what = known->what;
        co_return what;
    }
    // The table may be a moment behind.
    using stored = std::optional<stored_function>;
    const std::function<asio::awaitable<stored>()> reading = [self, name] { return self->store_.get(name); };
    const auto found = co_await insist(self, reading);
    if (found) what = found->what;
    co_return what;
}

// ---- lanes

asio::awaitable<void> worker_core::open(std::shared_ptr<worker_core> self, std::shared_ptr<worker_lane> lane) {
    using info = jetstream::consumer_info;
    const std::function<asio::awaitable<info>()> making = [self, lane] {
        return self->js_.create_or_update_consumer(async_queue::stream_name,
                                                   consumer_for(lane->name, self->opts_.ack_wait));
    };
    const auto consumer = co_await insist(self, making);
    if (self->stopping_) co_return;
    const auto known = co_await look_up(self, lane->name);
    const auto what = co_await find(self, lane->name);
    if (self->stopping_) co_return;
    lane->concurrency = self->concurrency_of(what ? &*what : nullptr);
    lane->said = self->concurrency_of(known ? &*known : nullptr);
    lane->digest = known ? known->digest : std::string();
    jetstream::pull_options pull;
    pull.max_in_flight = lane->concurrency;
    pull.max_messages = lane->concurrency;  // what is not run here is there for others
    const std::weak_ptr<worker_core> weak = self;
    pull.on_trouble = [weak, name = lane->name](const boost::system::error_code& failed, const std::string& text) {
        if (const auto core = weak.lock())
            core->trouble("queue of " + name.full() + ": " + failed.message() + ": " + text);
    };
    const std::weak_ptr<worker_lane> of = lane;  // which owns the consumer
    pull.on_end = [weak, of](const boost::system::error_code& failed, const std::string& text) {
        const auto core = weak.lock();
        const auto ended = of.lock();
        if (core == nullptr || ended == nullptr || core->stopping_ || failed == nats::errc::closed) return;
        core->trouble("queue of " + ended->name.full() + ": " + failed.message() + ": " + text);
        ended->wanted = true;
        core->let_go(ended);
    };
    lane->pull.emplace(self->js_, consumer, std::move(pull));
    lane->is = worker_lane::state::open;
    lane->wanted = false;
    lane->used = clock::now();
    lane->pull->consume([weak, of](jetstream::delivery& delivery) {
        const auto core = weak.lock();
        const auto from = of.lock();
        if (core != nullptr && from != nullptr) core->on_delivery(from, delivery);
    });
    self->changed(lane->name);  // it may have, meanwhile
}

asio::awaitable<void> worker_core::close(std::shared_ptr<worker_core> self, std::shared_ptr<worker_lane> lane) {
    std::string failed;
    try {
        co_await lane->pull->stop(longest_close);
    } catch (const boost::system::system_error& thrown) {
        failed = thrown.what();
    }
    lane->pull.reset();
    lane->sender.reset();
    if (!failed.empty()) self->trouble("queue of " + lane->name.full() + ": " + failed);
    lane->is = worker_lane::state::closed;
    if (self->stopping_) co_return;
    if (lane->wanted) {
        self->want(lane->name);
        co_return;
    }
    // Of a function that was deleted nothing is to be left.
    const auto known = co_await look_up(self, lane->name);
    if (known || self->stopping_ || lane->is != worker_lane::state::closed) co_return;
    self->lanes_.erase(lane->name);
    try {
        co_await self->js_.delete_consumer(async_queue::stream_name, consumer_name(lane->name));
    } catch (const boost::system::system_error& thrown) {
        if (thrown.code() != jetstream::errc::consumer_not_found) throw;
    }
}

void worker_core::on_delivery(const std::shared_ptr<worker_lane>& lane, jetstream::delivery& delivery) {
    lane->used = clock::now();
    if (stopped_) return;
    const auto sequence = delivery.info().stream_sequence;
    const auto running = runs_.find(sequence);
    if (running != runs_.end()) return running->second->also(std::move(delivery));
    const auto run = std::make_shared<async_run>(shared_from_this(), lane, std::move(delivery));
    runs_.emplace(sequence, run);
    spawn(async_run::go(run));
}

void worker_core::ended(const async_run& run) noexcept {
    run.lane().used = clock::now();
    runs_.erase(run.sequence());
    if (runs_.empty()) quiet_.set();
}

void worker_core::on_cancel(std::string_view call_id) {
    for (const auto& [sequence, run] : runs_)
        if (run->call_id() == call_id) run->cancel();
}

void worker_core::tick() {
    ticker_.expires_after(
        std::clamp<nanoseconds>(opts_.ack_wait / 8, std::chrono::milliseconds(100), std::chrono::seconds(1)));
    ticker_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto self = weak.lock();
        if (cancelled || self == nullptr || self->stopped_) return;
        if (self->js_.connection().status() == nats::connection_status::closed) return;
        const auto now = clock::now();
        for (const auto& [sequence, run] : self->runs_) {
            try {
                run->tick(now);
            } catch (const std::exception& failed) {
                self->trouble(std::string("a call is not kept alive: ") + failed.what());
            }
        }
        std::vector<std::shared_ptr<worker_lane>> idle;
        for (const auto& [name, lane] : self->lanes_)
            if (lane->counts.in_flight == 0 && now - lane->used > self->opts_.idle_after) idle.push_back(lane);
        for (const auto& lane : idle) self->let_go(lane);
        self->tick();
    });
}

const std::shared_ptr<callback_sender>& worker_core::sender_of(worker_lane& lane) const {
    if (lane.sender == nullptr)
        lane.sender = std::make_shared<callback_sender>(js_.connection().executor(), opts_.callback, most_callbacks);
    return lane.sender;
}

async_worker_stats worker_core::stats() const {
    async_worker_stats result;
    result.pending = pending_;
    for (const auto& [name, lane] : lanes_) {
        const auto& counts = lane->counts;
        result.functions[name] = counts;
        result.total.in_flight += counts.in_flight;
        result.total.processed += counts.processed;
        result.total.retries += counts.retries;
        result.total.dead += counts.dead;
        result.total.cancelled += counts.cancelled;
        result.total.callbacks += counts.callbacks;
        result.total.callbacks_failed += counts.callbacks_failed;
        result.total.callbacks_refused += counts.callbacks_refused;
        result.open += lane->is == worker_lane::state::open ? 1 : 0;
    }
    return result;
}

}  // namespace mote::functions::detail
