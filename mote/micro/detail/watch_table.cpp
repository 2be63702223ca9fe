#include <mote/micro/detail/watch_table.hpp>

#include <utility>

namespace mote::micro::detail {
namespace {

std::string key_of(const service_info& instance) { return instance.name + " " + instance.id; }

bool same(const endpoint_info& left, const endpoint_info& right) {
    return left.name == right.name && left.subject == right.subject && left.queue_group == right.queue_group &&
           left.metadata == right.metadata;
}

bool same(const service_info& left, const service_info& right) {
    if (left.version != right.version || left.description != right.description || left.metadata != right.metadata ||
        left.endpoints.size() != right.endpoints.size())
        return false;
    for (std::size_t at = 0; at < left.endpoints.size(); ++at)
        if (!same(left.endpoints[at], right.endpoints[at])) return false;
    return true;
}

/// What a PING tells; nats.c leaves the metadata out.
bool pings_differ(const service_info& before, const service_info& now) {
    return before.version != now.version || (!now.metadata.empty() && before.metadata != now.metadata);
}

}  // namespace

void watch_table::begin_round(const sink& tell) {
    std::vector<service_info> gone;
    for (auto each = instances_.begin(); each != instances_.end();) {
        if (round_ - each->second.last_answer < static_cast<std::uint64_t>(missed_rounds_)) {
            ++each;
            continue;
        }
        if (each->second.told) gone.push_back(std::move(each->second.info));
        each = instances_.erase(each);
    }
    ++round_;
    for (auto& each : gone) tell({service_change::gone, std::move(each)});
}

void watch_table::forgive() {
    for (auto& [key, each] : instances_) each.last_answer = round_;
}

watch_table::instance* watch_table::find_or_add(const service_info& answered) {
    auto key = key_of(answered);
    const auto found = instances_.find(key);
    if (found != instances_.end()) return &found->second;
    if (instances_.size() >= max_) {
        ++ignored_;
        return nullptr;
    }
    auto& added = instances_[std::move(key)];
    added.info = answered;
    return &added;
}

bool watch_table::take_ping(const service_info& answered) {
    auto* const known = find_or_add(answered);
    if (known == nullptr) return false;
    known->last_answer = round_;
    return !known->told || pings_differ(known->info, answered);
}

void watch_table::take_info(service_info answered, const sink& tell) {
    auto* const known = find_or_add(answered);
    if (known == nullptr) return;
    known->last_answer = round_;
    if (known->told && same(known->info, answered)) return;
    const auto what = known->told ? service_change::changed : service_change::appeared;
    known->told = true;
    known->info = answered;
    tell({what, std::move(answered)});
}

std::vector<service_info> watch_table::instances() const {
    std::vector<service_info> found;
    for (const auto& [key, each] : instances_)
        if (each.told) found.push_back(each.info);
    return found;
}

/// One that appeared and is gone again was never there for the reader; one that is gone and back has changed.
void pending_events::add(service_event event) {
    auto key = key_of(event.service);
    const auto found = events_.find(key);
    if (found == events_.end()) {
        order_.emplace(++last_, key);
        events_.emplace(std::move(key), std::pair(last_, std::move(event)));
        return;
    }
    auto& [number, waiting] = found->second;
    if (waiting.what == service_change::appeared && event.what == service_change::gone) {
        order_.erase(number);
        events_.erase(found);
        return;
    }
    if (waiting.what == service_change::appeared) event.what = service_change::appeared;
    if (waiting.what == service_change::gone) event.what = service_change::changed;
    waiting = std::move(event);
}

service_event pending_events::take() {
    const auto first = order_.begin();
    const auto found = events_.find(first->second);
    auto event = std::move(found->second.second);
    events_.erase(found);
    order_.erase(first);
    return event;
}

}  // namespace mote::micro::detail
