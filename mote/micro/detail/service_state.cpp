#include <mote/micro/detail/service_state.hpp>

#include <mote/micro/detail/draining.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/detail/wire.hpp>
#include <mote/nats/nuid.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::string_view default_queue_group = "q";
constexpr std::string_view kind_key = "mote.kind";
constexpr std::chrono::seconds start_timeout{10};
constexpr std::chrono::seconds closed_timeout{30};  // of the calls that are going on when the connection is closed

std::string resolve_queue_group(const queue_group& own, const std::string& parent) {
    auto group = own.resolve(parent);
    if (!group.empty() && !is_valid_queue_group(group)) throw_error(errc::bad_queue_group, group);
    return group;
}

}  // namespace

service_state::service_state(service_config config)
    : config_(std::move(config)),
      id_(nats::next_nuid()),
      queue_group_(resolve_queue_group(config_.queue_group, std::string(default_queue_group))),
      started_(utc_text(std::chrono::system_clock::now())),
      log_(std::make_shared<const failure_log>(config_.on_error)) {
    if (!is_valid_name(config_.name)) throw_error(errc::bad_name, "service \"" + config_.name + "\"");
    if (!is_valid_version(config_.version)) throw_error(errc::bad_version, "\"" + config_.version + "\"");
}

void service_state::add(std::string name, detail::any_handler handler, endpoint_options opts, const std::string& prefix,
                        const std::string& queue_group) {
    if (phase_ == phase::stopping || phase_ == phase::stopped) throw_error(errc::stopped, config_.name);
    if (!is_valid_name(name)) throw_error(errc::bad_name, "endpoint \"" + name + "\"");
    endpoint_info info;
    info.subject = prefix + (opts.subject.empty() ? name : opts.subject);
    if (!nats::is_valid_subscribe_subject(info.subject)) throw_error(errc::bad_subject, "\"" + info.subject + "\"");
    info.queue_group = resolve_queue_group(opts.queue_group, queue_group);
    info.metadata = std::move(opts.metadata);
    if (info.metadata.contains(std::string(kind_key))) throw_error(errc::bad_metadata, kind_key);
    const bool is_event = handler.index() >= 2;
    if (is_event) info.metadata[std::string(kind_key)] = "event";
    info.name = std::move(name);
    auto endpoint = std::make_shared<endpoint_state>(std::move(info), std::move(handler), opts.max_in_flight, log_);
    if (phase_ == phase::running) endpoint->start(connection_);
    endpoints_.push_back(std::move(endpoint));
}

// ---- start and stop

asio::awaitable<void> service_state::start(std::shared_ptr<service_state> self, nats::connection connection) {
    if (self->phase_ != phase::described) throw_error(errc::stopped, self->config_.name + " was started before");
    self->connection_ = connection;
    self->started_ = utc_text(std::chrono::system_clock::now());
    self->phase_ = phase::running;
    try {
        self->subscribe_all();
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

void service_state::subscribe_all() {
    subscribe_verb("PING", &service_state::ping_reply);
    subscribe_verb("INFO", &service_state::info_reply);
    subscribe_verb("STATS", &service_state::stats_reply);
    for (const auto& endpoint : endpoints_) endpoint->start(connection_);
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
    bool something_to_send = !away();
    for (const auto& endpoint : endpoints_) something_to_send = something_to_send || !endpoint->idle();
    try {
        std::vector<asio::awaitable<void>> drains;
        for (const auto& endpoint : endpoints_) drains.push_back(endpoint->drain(left()));
        co_await all_drained(connection.executor(), std::move(drains));
        const bool idle = co_await all_idle(deadline);

        std::vector<asio::awaitable<void>> verbs;
        for (auto& verb : verbs_) verbs.push_back(verb.drain(left()));
        if (own_pings_ != nullptr) verbs.push_back(own_pings_->drain(left()));
        co_await all_drained(connection.executor(), std::move(verbs));
        if (!idle) throw_error(errc::drain_timeout, config_.name);
        if (something_to_send && connection.status() != nats::connection_status::closed)
            co_await all_sent(connection, deadline);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() == nats::errc::closed) co_return;
        if (failed.code() != nats::errc::timeout) throw;
        throw_error(errc::drain_timeout,
                    config_.name + (away() ? ": the server is away" : ": the server does not answer"));
    }
}

asio::awaitable<bool> service_state::all_idle(time_point deadline) {
    bool idle = true;
    for (const auto& endpoint : endpoints_)
        if (!co_await endpoint->wait_idle(deadline)) idle = false;
    co_return idle;
}

void service_state::leave() noexcept {
    for (const auto& endpoint : endpoints_) endpoint->release();
    verbs_.clear();
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

// ---- discovery

void service_state::subscribe_verb(const std::string& verb, reply_text reply) {
    const auto all = "$SRV." + verb;
    const auto named = all + "." + config_.name;
    const auto own = named + "." + id_;
    const auto handler = [weak = weak_from_this(), reply](const nats::message_view& asked) {
        if (const auto self = weak.lock()) self->answer(asked, reply);
    };
    verbs_.push_back(connection_.subscribe(all, handler, verb_options(all)));
    verbs_.push_back(connection_.subscribe(named, handler, verb_options(named)));
    if (reply == &service_state::ping_reply)
        own_pings_ = std::make_shared<nats::subscription>(connection_.subscribe(own, verb_options(own)));
    else
        verbs_.push_back(connection_.subscribe(own, handler, verb_options(own)));
}

nats::subscribe_options service_state::verb_options(const std::string& subject) const {
    nats::subscribe_options opts;
    opts.on_error = [log = log_, subject](const boost::system::error_code& failed, const std::string& text) {
        log->report({{}, subject, text, failed.message()});
    };
    return opts;
}

/// This one subscription is read and not handled inline, because its reader is told when the connection is drained or
/// closed for good.
asio::awaitable<void> service_state::answer_own_pings(std::weak_ptr<service_state> weak,
                                                      std::shared_ptr<nats::subscription> pings) {
    for (;;) {
        std::optional<nats::message> asked;
        bool refused = false;
        try {
            asked = co_await pings->next(std::chrono::nanoseconds::max());
        } catch (const boost::system::system_error& failed) {
            refused = failed.code() == nats::errc::permission_denied;
        }
        const auto self = weak.lock();
        if (self == nullptr) co_return;
        if (asked) {
            self->answer(asked->view(), &service_state::ping_reply);
            continue;
        }
        const bool ended_by_us = self->phase_ != phase::running || self->own_pings_ != pings;
        if (!refused && !ended_by_us)
            asio::co_spawn(self->connection_.executor(), stop(self, closed_timeout), [](const std::exception_ptr&) {});
        co_return;
    }
}

/// A control request without a reply subject has nobody to tell, so nothing happens.
void service_state::answer(const nats::message_view& asked, reply_text reply) const noexcept {
    try {
        if (!asked.reply.empty()) connection_.respond(asked, (this->*reply)());
    } catch (const std::exception& failed) {
        log_->report({{}, std::string(asked.subject), "no answer sent", failed.what()});
    }
}

std::string service_state::ping_reply() const { return ping_json(info()); }
std::string service_state::info_reply() const { return info_json(info()); }
std::string service_state::stats_reply() const { return stats_json(stats()); }

service_info service_state::info() const {
    service_info info;
    info.name = config_.name;
    info.id = id_;
    info.version = config_.version;
    info.description = config_.description;
    info.metadata = config_.metadata;
    for (const auto& endpoint : endpoints_) info.endpoints.push_back(endpoint->info());
    return info;
}

// ---- statistics

service_stats service_state::stats() const {
    service_stats stats;
    stats.name = config_.name;
    stats.id = id_;
    stats.version = config_.version;
    stats.metadata = config_.metadata;
    stats.started = started_;
    for (const auto& endpoint : endpoints_) {
        auto one = endpoint->stats();
        one.data = data_of(endpoint->info());
        stats.endpoints.push_back(std::move(one));
    }
    return stats;
}

std::optional<std::string> service_state::data_of(const endpoint_info& endpoint) const {
    if (!config_.stats_handler) return std::nullopt;
    std::string cause;
    try {
        auto data = config_.stats_handler(endpoint);
        if (data.empty()) return std::nullopt;
        if (is_json_object(data)) return data;
        cause = "not a JSON object: " + data;
    } catch (const std::exception& thrown) {
        cause = thrown.what();
    } catch (...) {
        cause = "not a std::exception";
    }
    log_->report({endpoint.name, endpoint.subject, "no data from the stats handler", cause});
    return std::nullopt;
}

void service_state::reset() {
    started_ = utc_text(std::chrono::system_clock::now());
    for (const auto& endpoint : endpoints_) endpoint->reset();
}

}  // namespace mote::micro::detail
