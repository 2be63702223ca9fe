#include <mote/micro/detail/directory.hpp>

#include <mote/micro/detail/reply.hpp>
#include <mote/micro/service_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

std::string missing_text(const std::string& name, survey_end how, std::size_t unreadable) {
    auto service = "service \"" + name + "\"";
    if (how == survey_end::nobody_there) return service;
    if (unreadable > 0) return service + ": its replies are no service replies (ADR-32)";
    return service + ": it did not answer to INFO";
}

}  // namespace

directory::directory(nats::connection connection, const client_options& opts)
    : connection_(std::move(connection)), opts_(opts) {}

directory::~directory() {
    for (auto& [name, at] : entries_)
        if (at.looking != nullptr) at.looking->asking.stop();
}

void directory::look::wake_all() {
    for (const auto& each : std::exchange(waiting, {})) each->set();
}

const std::shared_ptr<const known_service>& directory::look::show() {
    if (shown == nullptr) shown = std::make_shared<const known_service>(found);
    return shown;
}

asio::awaitable<std::shared_ptr<const known_service>> directory::find(std::shared_ptr<directory> self, std::string name,
                                                                      wish wanted) {
    auto& at = self->entries_[name];
    if (at.known != nullptr && at.known->asked_at >= wanted.oldest) {
        const bool half_old = clock::now() - at.known->asked_at > self->opts_.max_age / 2;
        if (half_old && at.looking == nullptr) self->begin_look(name, at);
        co_return at.known;
    }
    const bool usable = at.looking != nullptr && at.looking->found.asked_at >= wanted.oldest;
    const auto looking = usable ? at.looking : self->begin_look(name, at);
    for (;;) {
        if (looking->failed) std::rethrow_exception(looking->failed);
        if (!looking->missing.empty()) throw_error(errc::not_found, looking->missing);
        const auto& seen = looking->found.service;
        const bool settled = clock::now() >= wanted.settle;
        if (looking->ended || wanted.enough(seen) || (settled && !seen.instances.empty())) co_return looking->show();
        const auto changed = std::make_shared<nats::async_event>(self->connection_.executor());
        looking->waiting.push_back(changed);
        const bool in_time = co_await changed->wait_until(settled ? wanted.deadline : wanted.settle);
        if (!in_time && settled) nats::throw_error(nats::errc::timeout, "looking for service \"" + name + "\"");
    }
}

std::shared_ptr<directory::look> directory::begin_look(const std::string& name, entry& at) {
    discovery_options opts;
    opts.name = name;
    opts.timeout = opts_.lookup_timeout;
    opts.stall = opts_.lookup_stall;
    std::shared_ptr<look> begun;
    try {
        if (name.empty()) throw_error(errc::bad_name, "a service without a name");
        const auto now = clock::now();
        begun = std::make_shared<look>(connection_, std::move(opts));
        begun->found.asked_at = now;
        begun->found.service.name = name;
    } catch (...) {
        if (at.known == nullptr && at.looking == nullptr) entries_.erase(name);
        throw;
    }
    at.looking = begun;
    asio::co_spawn(connection_.executor(), look_around(weak_from_this(), name, begun, connection_),
                   [](const std::exception_ptr&) {});
    return begun;
}

/// Must not keep the directory, whose end is what ends it early.
asio::awaitable<void> directory::look_around(std::weak_ptr<directory> weak, std::string name,
                                             std::shared_ptr<look> begun, nats::connection connection) {
    const survey::reader take = [&name, &begun](std::string_view text, std::chrono::nanoseconds) {
        auto answered = parse_info_reply(text);
        if (answered.name != name) throw_error(errc::bad_reply, "name: is " + answered.name);
        begun->found.service.add(std::move(answered));
        begun->shown = nullptr;
        begun->wake_all();
    };
    try {
        const auto how = co_await begun->asking.run(take);
        if (begun->found.service.instances.empty()) {
            const bool away = connection.status() == nats::connection_status::reconnecting;
            if (away && how == survey_end::time_over)
                nats::throw_error(nats::errc::disconnected, "looking for service \"" + name + "\"");
            begun->missing = missing_text(name, how, begun->asking.unreadable());
        }
    } catch (...) {
        begun->failed = std::current_exception();
    }
    begun->ended = true;
    if (const auto self = weak.lock()) self->end_look(name, begun);
    begun->wake_all();
}

void directory::end_look(const std::string& name, const std::shared_ptr<look>& ended) {
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second.looking != ended) return;  // a newer one is under way
    auto& at = found->second;
    at.looking = nullptr;
    if (!ended->failed && ended->missing.empty()) {
        at.known = ended->show();
    } else if (!ended->missing.empty()) {
        at.known = nullptr;
    }
    if (at.known == nullptr) entries_.erase(found);
    if (entries_.size() > opts_.max_services) forget_oldest();
}

void directory::forget_oldest() {
    auto oldest = entries_.end();
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
        if (each->second.looking != nullptr || each->second.known == nullptr) continue;
        if (oldest == entries_.end() || each->second.known->asked_at < oldest->second.known->asked_at) oldest = each;
    }
    if (oldest != entries_.end()) entries_.erase(oldest);
}

std::shared_ptr<const known_service> directory::latest(std::string_view name, time_point oldest) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return nullptr;
    const auto& at = found->second;
    if (at.known != nullptr && at.known->asked_at >= oldest) return at.known;
    return at.looking != nullptr && at.looking->found.asked_at >= oldest ? at.looking->show() : nullptr;
}

latency_histogram* directory::latencies(std::string_view service, std::string_view endpoint) {
    const auto found = entries_.find(service);
    if (found == entries_.end()) return nullptr;
    auto& known = found->second.latencies;
    const auto at = known.find(endpoint);
    return at != known.end() ? &at->second : &known.emplace(std::string(endpoint), latency_histogram()).first->second;
}

}  // namespace mote::micro::detail
