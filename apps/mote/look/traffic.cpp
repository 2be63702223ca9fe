#include <apps/mote/look/traffic.hpp>

#include <mote/micro/detail/schema_store.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace mote::command {
namespace {

/// How much a count grew; one that is smaller than before began anew.
std::uint64_t growth(std::uint64_t before, std::uint64_t now) noexcept { return now >= before ? now - before : now; }

/// Whether the instance tells what is in flight: `data.mote` is there, or it was never asked (docs/protocol.md).
bool tells_load(const micro::endpoint_stats& told) {
    return told.requests == 0 || (told.data && told.data->find("\"mote\":") != std::string::npos);
}

template <class Value>
void raise(std::optional<Value>& highest, const std::optional<Value>& other) {
    if (other && (!highest || *highest < *other)) highest = other;
}

/// Both end with the same interval.
void add_history(std::vector<double>& sum, const std::deque<double>& other) {
    if (sum.size() < other.size()) sum.insert(sum.begin(), other.size() - sum.size(), 0.0);
    auto at = sum.end() - static_cast<std::ptrdiff_t>(other.size());
    for (const double rate : other) *at++ += rate;
}

}  // namespace

void traffic::take(const std::vector<micro::service_stats>& answers, time_point asked_at) {
    ++rounds_;
    for (const auto& instance : answers) {
        const auto place = std::pair(instance.name, instance.id);
        if (instances_.size() >= most_series && !instances_.contains(place)) {
            cut_ = true;
            continue;
        }
        instances_[place] = rounds_;
        for (const auto& endpoint : instance.endpoints)
            if (endpoint.name != micro::detail::schema_endpoint)
                take({instance.name, endpoint.name, instance.id}, endpoint, asked_at);
    }
    std::erase_if(instances_, [this](const auto& each) { return each.second + rounds_until_gone <= rounds_; });
    for (auto& [whose, each] : all_) {
        if (each.round == rounds_) continue;
        each.rate = each.error_rate = 0;
        each.ended = 0;
        each.spent = {};
        each.history.push_back(0);
        if (each.history.size() > most_kept) each.history.pop_front();
    }
    // An endpoint that its instance does not offer any more is gone at once.
    std::erase_if(all_, [this](const auto& each) {
        const auto instance = instances_.find({std::get<0>(each.first), std::get<2>(each.first)});
        return instance == instances_.end() || (instance->second == rounds_ && each.second.round != rounds_);
    });
}

void traffic::take(const key& whose, const micro::endpoint_stats& told, time_point asked_at) {
    auto found = all_.find(whose);
    if (found == all_.end()) {
        if (all_.size() >= most_series) {
            cut_ = true;
            return;
        }
        found = all_.emplace(whose, series()).first;
    } else if (found->second.round != rounds_) {
        auto& each = found->second;
        const double seconds = std::max(std::chrono::duration<double>(asked_at - each.asked_at).count(), 1e-3);
        each.ended = growth(each.told.requests, told.requests);
        each.rate = static_cast<double>(each.ended) / seconds;
        each.error_rate = static_cast<double>(growth(each.told.errors, told.errors)) / seconds;
        const bool anew = told.processing_time < each.told.processing_time;
        each.spent = anew ? told.processing_time : told.processing_time - each.told.processing_time;
        each.history.push_back(each.rate);
        if (each.history.size() > most_kept) each.history.pop_front();
    }
    found->second.told = told;
    found->second.asked_at = asked_at;
    found->second.round = rounds_;
}

void traffic::add(activity& sum, const series& each) {
    sum.requests += each.told.requests;
    sum.errors += each.told.errors;
    sum.rate += each.rate;
    sum.error_rate += each.error_rate;
    raise(sum.p50, each.told.latency.p50);
    raise(sum.p99, each.told.latency.p99);
    if (tells_load(each.told)) sum.in_flight = sum.in_flight.value_or(0) + each.told.in_flight;
    sum.pending = std::max(sum.pending, each.told.pending);
    if (!each.told.last_error.empty()) sum.last_error = each.told.last_error;
    add_history(sum.history, each.history);
}

/// The rows that `name_of` names, nothing for what belongs to none.
template <class NameOf>
std::vector<activity> traffic::summed(NameOf name_of) const {
    struct sum {
        activity row{};
        std::set<std::string> ids{};
        std::uint64_t ended = 0;
        std::chrono::nanoseconds spent{};
    };
    std::map<std::string, sum> rows;
    for (const auto& [whose, each] : all_) {
        const std::string* const name = name_of(whose);
        if (name == nullptr) continue;
        auto& one = rows[*name];
        add(one.row, each);
        one.ids.insert(std::get<2>(whose));
        one.ended += each.ended;
        one.spent += each.spent;
    }
    std::vector<activity> result;
    for (auto& [name, one] : rows) {
        one.row.name = name;
        one.row.instances = one.ids.size();
        if (one.ended != 0) one.row.average = one.spent / static_cast<std::int64_t>(one.ended);
        result.push_back(std::move(one.row));
    }
    return result;
}

std::vector<activity> traffic::services() const {
    auto rows = summed([](const key& whose) { return &std::get<0>(whose); });
    // One without endpoints is there all the same.
    std::map<std::string, std::size_t> counts;
    for (const auto& [place, round] : instances_) ++counts[place.first];
    for (auto& row : rows) {
        row.instances = counts[row.name];
        counts.erase(row.name);
    }
    for (const auto& [name, count] : counts) {
        activity bare;
        bare.name = name;
        bare.instances = count;
        rows.push_back(std::move(bare));
    }
    std::ranges::sort(rows, {}, &activity::name);
    return rows;
}

std::vector<activity> traffic::endpoints(const std::string& service) const {
    return summed([&](const key& whose) { return std::get<0>(whose) == service ? &std::get<1>(whose) : nullptr; });
}

std::vector<activity> traffic::instances(const std::string& service, const std::string& endpoint) const {
    return summed([&](const key& whose) {
        const bool belongs = std::get<0>(whose) == service && std::get<1>(whose) == endpoint;
        return belongs ? &std::get<2>(whose) : nullptr;
    });
}

std::size_t traffic::instance_count() const { return instances_.size(); }

}  // namespace mote::command
