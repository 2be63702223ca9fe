#include <mote/micro/detail/service_state.hpp>

#include <mote/micro/detail/draining.hpp>
#include <mote/micro/detail/endpoint_state.hpp>
#include <mote/micro/detail/registration.hpp>
#include <mote/micro/detail/status.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/detail/wire.hpp>
#include <mote/micro/detail/work_state.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::string_view default_queue_group = "q";
const std::string kind_key = "mote.kind";
const std::string reply_key = "mote.reply";
const std::string stream_key = "mote.stream";
constexpr std::chrono::hours longest_wait{24 * 365};  // of a deadline, so that it can be added to a time
constexpr std::chrono::seconds start_timeout{10};

/// Refuses bodies of more bytes. Next to the handler, so that all other middleware sees it.
micro::middleware bound_of_body(std::size_t most) {
    return before([most](const request& req) {
        if (req.data().size() > most)
            throw service_error(status::bad_request, "expected a body of at most " + std::to_string(most) +
                                                         " bytes, got " + std::to_string(req.data().size()));
    });
}

/// What no further try can mend: options that JetStream was not even asked for, and a connection that is closed.
bool stops_the_start(const boost::system::error_code& failed) {
    return failed == jetstream::errc::bad_config || failed == nats::errc::closed;
}

/// Of an endpoint that is added to a service that runs already: there is nobody to throw to.
asio::awaitable<void> open_late(std::shared_ptr<served> endpoint) {
    try {
        co_await endpoint->opened();
    } catch (const boost::system::system_error& failed) {
        if (stops_the_start(failed.code())) co_return endpoint->never_open(failed.what());
        endpoint->open_later(failed.what());
    } catch (const std::exception& failed) {
        endpoint->open_later(failed.what());
    }
}

/// `eu.west.` is `eu_west_`.
std::string name_of_groups(std::string prefix) {
    std::ranges::replace_if(prefix, [](char each) { return !is_valid_name({&each, 1}); }, '_');
    return prefix;
}

}  // namespace

service_state::service_state(service_config config)
    : config_(std::move(config)),
      id_(nats::next_nuid()),
      queue_group_(
          resolve_queue_group(named("service", config_.name), config_.queue_group, std::string(default_queue_group))),
      started_(utc_text(std::chrono::system_clock::now())),
      log_(std::make_shared<const failure_log>(config_.on_error)),
      schemas_(config_.name, config_.version) {
    const auto whose = named("service", config_.name);
    require_name(whose, config_.name);
    require_version(whose, config_.version);
    require_text(whose, "description", config_.description);
    require_metadata(whose, config_.metadata);
    if (config_.direct) config_.metadata[std::string(direct_key)] = direct_prefix();
}

endpoint_info service_state::describe(std::string name, const std::string& subject, micro::metadata metadata,
                                      const inherited& above) const {
    const auto whose = named("endpoint", name);
    require_name(whose, name);
    endpoint_info info;
    info.subject = above.prefix + (subject.empty() ? name : subject);
    require_subject(whose, info.subject);
    require_metadata(whose, metadata);
    info.metadata = std::move(metadata);
    info.name = std::move(name);
    return info;
}

/// The service's middleware, then that of the groups, then the endpoint's own.
chain service_state::way_of(const std::string& whose, described_handler& handler, const inherited& above,
                            const std::vector<micro::middleware>& own) const {
    require_callable(whose, handler.run);
    auto around = config_.middleware;
    around.insert(around.end(), above.middleware.begin(), above.middleware.end());
    around.insert(around.end(), own.begin(), own.end());
    chain way(std::move(around), std::move(handler.run), whose);
    if (outermost_) way.put_outermost(*outermost_);
    return way;
}

void service_state::put_outermost(const middleware& outermost) {
    outermost_ = outermost;
    for (const auto& endpoint : endpoints_) endpoint->put_outermost(outermost);
}

void service_state::add(std::string name, described_handler handler, endpoint_options opts, inherited above) {
    if (phase_ == phase::stopping || phase_ == phase::stopped) throw_error(errc::stopped, config_.name);
    auto info = describe(std::move(name), opts.subject, std::move(opts.metadata), above);
    const auto whose = named("endpoint", info.name);
    info.queue_group = resolve_queue_group(whose, opts.queue_group, above.queue_group);
    if (handler.kind == endpoint_kind::event) info.metadata[kind_key] = "event";
    if (handler.streams) info.metadata[reply_key] = "stream";
    if (opts.max_body != 0) opts.middleware.push_back(bound_of_body(opts.max_body));
    auto way = way_of(whose, handler, above, opts.middleware);
    const bool refers = schemas_.describe(info, handler);
    add(std::make_shared<endpoint_state>(std::move(info), config_.name, handler.kind, std::move(way), opts, log_,
                                         replies_, cancellable_));
    if (refers) serve_schemas();
}

void service_state::add_work(std::string name, described_handler handler, work_options opts, inherited above) {
    if (phase_ == phase::stopping || phase_ == phase::stopped) throw_error(errc::stopped, config_.name);
    auto info = describe(std::move(name), opts.subject, std::move(opts.metadata), above);
    auto consumer = config_.name + "_" + name_of_groups(above.prefix) + info.name;
    if (opts.stream.empty()) opts.stream = consumer;
    const auto whose = named("endpoint", info.name);
    require_free(whose, work_state::queue_of(opts, consumer), "stream " + opts.stream + ", consumer " + consumer);
    info.metadata[kind_key] = "work";
    info.metadata[stream_key] = opts.stream;
    auto way = way_of(whose, handler, above, opts.middleware);
    const bool refers = schemas_.describe(info, handler);
    add(std::make_shared<work_state>(std::move(info), config_.name, std::move(consumer), std::move(way),
                                     std::move(opts), log_));
    if (refers) serve_schemas();
}

void service_state::require_free(const std::string& whose, const std::string& queue, const std::string& what) const {
    for (const auto& endpoint : endpoints_)
        if (endpoint->queue() == queue)
            throw_error(errc::queue_taken,
                        whose + ": " + what + " are those of " + named("endpoint", endpoint->info().name) + " already");
}

void service_state::add(std::shared_ptr<served> endpoint) {
    if (phase_ == phase::running) {
        endpoint->start(connection_);
        asio::co_spawn(connection_.executor(), open_late(endpoint), [](const std::exception_ptr&) {});
    }
    by_name_.try_emplace(endpoint->info().name, endpoint);
    endpoints_.push_back(std::move(endpoint));
}

/// Once, for all schemas that are too large for metadata.
void service_state::serve_schemas() {
    if (find(schema_endpoint) != nullptr) return;
    described_handler handler;
    handler.run = inline_handler([weak = weak_from_this()](request& req) {
        const auto self = weak.lock();
        const auto* const schema = self != nullptr ? self->schemas_.find(req.data()) : nullptr;
        if (schema == nullptr)
            throw service_error(404,
                                "no schema of that name: the payload is <endpoint>/request or <endpoint>/response, "
                                "behind it /2, /3 and so on for further endpoints of that name");
        req.respond(*schema);
    });
    endpoint_options opts;
    opts.subject = schemas_.subject();
    add(std::string(schema_endpoint), std::move(handler), std::move(opts), {{}, queue_group_, {}});
}

std::shared_ptr<served> service_state::find(std::string_view endpoint) const {
    const auto found = by_name_.find(std::string(endpoint));
    return found == by_name_.end() ? nullptr : found->second;
}

asio::awaitable<void> service_state::remove(std::shared_ptr<service_state> self, std::string name,
                                            std::chrono::nanoseconds timeout) {
    const auto endpoint = self->find(name);
    if (endpoint == nullptr) throw_error(errc::unknown_endpoint, self->config_.name + ": " + name);
    std::erase(self->endpoints_, endpoint);
    self->by_name_.erase(name);
    // Another one of that name, in another group, is to be found from now on.
    for (const auto& other : self->endpoints_)
        if (other->info().name == name) self->by_name_.try_emplace(name, other);
    if (self->phase_ == phase::described || self->phase_ == phase::stopped) co_return endpoint->release();
    self->removed_.push_back(endpoint);
    const auto deadline = clock::now() + std::min<std::chrono::nanoseconds>(timeout, longest_wait);
    std::exception_ptr broken;
    bool closed = false;
    bool ended = false;
    try {
        co_await endpoint->drain(std::max<std::chrono::nanoseconds>(deadline - clock::now(), {}));
        ended = co_await endpoint->wait_idle(deadline);
    } catch (const boost::system::system_error& failed) {
        closed = failed.code() == nats::errc::closed;
        if (!closed && failed.code() != nats::errc::timeout) broken = std::current_exception();
    }
    endpoint->release();
    if (endpoint->idle()) std::erase(self->removed_, endpoint);  // else a stop waits for its calls
    if (broken) std::rethrow_exception(broken);
    if (!ended && !closed) throw_error(errc::drain_timeout, self->config_.name + ": " + name);
}

// ---- start and stop

asio::awaitable<void> service_state::start(std::shared_ptr<service_state> self, nats::connection connection) {
    if (self->phase_ != phase::described) throw_error(errc::stopped, self->config_.name + " was started before");
    self->connection_ = connection;
    self->started_ = utc_text(std::chrono::system_clock::now());
    self->phase_ = phase::running;
    try {
        self->subscribe_endpoints();
        co_await open_endpoints(self);
        // Whoever sees it can use it: a work endpoint is not there before its stream is.
        if (self->phase_ == phase::running) self->subscribe_discovery();
        co_await all_sent(connection, clock::now() + start_timeout);
    } catch (...) {
        if (self->phase_ == phase::running) {
            self->leave();
            self->phase_ = phase::described;
        }
        throw;
    }
    if (self->phase_ != phase::running) throw_error(errc::stopped, self->config_.name + " was stopped meanwhile");
}

/// An endpoint that cannot be opened is tried again behind the start and stops none of the others.
asio::awaitable<void> service_state::open_endpoints(std::shared_ptr<service_state> self) {
    const auto endpoints = self->endpoints_;
    // A JetStream that does not answer is not waited for once for each endpoint. By its prefix: the endpoint that asked it.
    std::map<std::string, std::string> silent;
    for (const auto& endpoint : endpoints) {
        if (self->phase_ != phase::running) co_return;
        const auto asked = endpoint->jetstream_prefix();
        if (const auto found = silent.find(asked); found != silent.end()) {
            endpoint->open_later("not tried: JetStream did not answer for " + named("endpoint", found->second));
            continue;
        }
        try {
            co_await endpoint->opened();
        } catch (const boost::system::system_error& failed) {
            if (stops_the_start(failed.code())) throw;
            if (failed.code() == nats::errc::timeout) silent.emplace(asked, endpoint->info().name);
            endpoint->open_later(failed.what());
        }
    }
}

void service_state::subscribe_endpoints() {
    events_ = connection_.watch_events([weak = weak_from_this()](const nats::connection_event& event) {
        if (const auto self = weak.lock()) self->on_event(event);
    });
    for (const auto& endpoint : endpoints_) endpoint->start(connection_);
    if (config_.direct) subscribe_direct();
}

void service_state::subscribe_discovery() {
    subscribe_verb("PING", &service_state::ping_reply);
    subscribe_verb("INFO", &service_state::info_reply);
    subscribe_verb("STATS", &service_state::stats_reply);
    asio::co_spawn(connection_.executor(), answer_own_pings(weak_from_this(), own_pings_),
                   [](const std::exception_ptr&) {});
}

asio::awaitable<void> service_state::stop(std::shared_ptr<service_state> self, std::chrono::nanoseconds timeout) {
    if (self->phase_ == phase::described) self->phase_ = phase::stopped;
    if (self->phase_ == phase::stopped) co_return;
    if (self->phase_ == phase::stopping) {
        const auto stopped = std::make_shared<nats::async_event>(co_await asio::this_coro::executor);
        self->waiting_for_stop_.push_back(stopped);
        if (!co_await stopped->wait_for(timeout)) throw_error(errc::drain_timeout, self->config_.name);
        co_return;
    }
    self->phase_ = phase::stopping;
    std::exception_ptr failed;
    try {
        co_await self->drain(timeout > time_point::max() - clock::now() ? time_point::max() : clock::now() + timeout);
    } catch (...) {
        failed = std::current_exception();
    }
    self->leave();
    self->phase_ = phase::stopped;
    for (const auto& each : std::exchange(self->waiting_for_stop_, {}))
        if (const auto waiting = each.lock()) waiting->set();
    self->call_on_done();
    if (failed) std::rethrow_exception(failed);
}

/// First the endpoints, so that the service can be seen as long as it works; then the calls that are going on; then
/// discovery. The answer to a PING after all that proves that the answers are with the server.
asio::awaitable<void> service_state::drain(time_point deadline) {
    const auto connection = connection_;
    const auto left = [deadline] { return std::max<std::chrono::nanoseconds>(deadline - clock::now(), {}); };
    const auto away = [&] { return connection.status() == nats::connection_status::reconnecting; };
    const bool something_to_send = !away() || !idle();
    std::string unfinished;
    try {
        std::vector<asio::awaitable<void>> drains;
        for (const auto& endpoint : with_removed()) drains.push_back(endpoint->drain(left()));
        if (config_.direct) drains.push_back(direct_.drain(left()));
        co_await all_drained(connection.executor(), std::move(drains));
        const bool ended = co_await all_idle(with_removed(), deadline);
        if (!ended) unfinished = still_in_flight();

        std::vector<asio::awaitable<void>> verbs;
        for (auto& verb : verbs_) verbs.push_back(verb.drain(left()));
        if (own_pings_ != nullptr) verbs.push_back(own_pings_->drain(left()));
        co_await all_drained(connection.executor(), std::move(verbs));
        if (!ended) throw_error(errc::drain_timeout, unfinished);
        if (something_to_send && connection.status() != nats::connection_status::closed)
            co_await all_sent(connection, deadline);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::closed) co_return;
        if (failed.code() != nats::errc::timeout) throw;
        // Calls that used up the time are the cause, not the server that had none left to answer.
        if (!unfinished.empty()) throw_error(errc::drain_timeout, unfinished);
        throw_error(errc::drain_timeout,
                    config_.name + (away() ? ": the server is away" : ": the server does not answer"));
    }
}

/// Endpoints may be removed meanwhile.
asio::awaitable<bool> service_state::all_idle(std::vector<std::shared_ptr<served>> endpoints, time_point deadline) {
    bool idle = true;
    for (const auto& endpoint : endpoints) {
        const bool ended = co_await endpoint->wait_idle(deadline);
        if (!ended) idle = false;
    }
    co_return idle;
}

std::vector<std::shared_ptr<served>> service_state::with_removed() const {
    auto all = endpoints_;
    all.insert(all.end(), removed_.begin(), removed_.end());
    return all;
}

/// "Orders: 3 of create, 1 of list"
std::string service_state::still_in_flight() const {
    std::string text;
    for (const auto& endpoint : with_removed())
        if (const auto count = endpoint->stats().in_flight; count != 0)
            text += (text.empty() ? ": " : ", ") + std::to_string(count) + " of " + endpoint->info().name;
    return config_.name + text;
}

service_health service_state::health() const {
    if (phase_ != phase::running) return {false, phase_ == phase::described ? "not started" : "stopping"};
    if (connection_.status() != nats::connection_status::connected) return {false, "not connected to a server"};
    for (const auto& endpoint : endpoints_)
        if (!endpoint->refused().empty()) return {false, endpoint->info().name + ": " + endpoint->refused()};
    return {true, {}};
}

bool service_state::idle() const noexcept {
    const auto is_idle = [](const auto& endpoint) { return endpoint->idle(); };
    return std::ranges::all_of(endpoints_, is_idle) && std::ranges::all_of(removed_, is_idle);
}

void service_state::leave() noexcept {
    events_.reset();
    for (const auto& endpoint : endpoints_) endpoint->release();
    for (const auto& endpoint : std::exchange(removed_, {})) endpoint->release();
    verbs_.clear();
    direct_ = nats::subscription();
    cancellable_->close();
    if (const auto pings = std::exchange(own_pings_, nullptr)) *pings = nats::subscription();
    connection_ = nats::connection();
}

void service_state::abandon() noexcept {
    if (phase_ == phase::described) return;
    config_.on_done = nullptr;
    leave();
    if (phase_ == phase::running) phase_ = phase::stopped;  // else stop() goes on and says so itself
}

void service_state::call_on_done() noexcept {
    try {
        if (config_.on_done) config_.on_done();
    } catch (const std::exception& thrown) {
        log_->report({{}, config_.name, "on_done threw", thrown.what()});
    } catch (...) {
        log_->report({{}, config_.name, "on_done threw", "not a std::exception"});
    }
}

}  // namespace mote::micro::detail
