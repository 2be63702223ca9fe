#include <mote/micro/detail/load_json.hpp>

#include <mote/micro/detail/callers.hpp>

#include <boost/json.hpp>

namespace mote::micro::detail {
namespace {

constexpr std::string_view member = "mote";

template <class Stats, class Visitor>
void each_count(Stats& stats, Visitor visit) {
    visit("in_flight", stats.in_flight);
    visit("waiting", stats.waiting);
    visit("unanswered", stats.unanswered);
    visit("rejected", stats.rejected);
    visit("dropped", stats.dropped);
    visit("expired", stats.expired);
    visit("bytes_in", stats.bytes_in);
    visit("bytes_out", stats.bytes_out);
    visit("pending", stats.pending);
    visit("redelivered", stats.redelivered);
    visit("dead", stats.dead);
}

boost::json::object latency_json(const latency_summary& latency) {
    boost::json::object object;
    if (latency.p50) object["p50"] = latency.p50->count();
    if (latency.p90) object["p90"] = latency.p90->count();
    if (latency.p99) object["p99"] = latency.p99->count();
    object["max"] = latency.max.count();
    return object;
}

std::string load_json(const endpoint_stats& stats) {
    boost::json::object object;
    each_count(stats, [&](const char* name, std::uint64_t count) { object[name] = count; });
    object["latency"] = latency_json(stats.latency);
    if (!stats.callers.empty()) {
        auto& callers = object["callers"].emplace_object();
        for (const auto& [name, count] : stats.callers) callers[name] = count;
    }
    return boost::json::serialize(object);
}

template <class Number>
std::optional<Number> number_in(const boost::json::object& object, const char* name) {
    const auto* const value = object.if_contains(name);
    if (value == nullptr) return std::nullopt;
    boost::json::error_code failed;
    const auto number = value->to_number<Number>(failed);
    return failed ? std::nullopt : std::optional<Number>(number);
}

std::optional<std::chrono::nanoseconds> time_in(const boost::json::object& object, const char* name) {
    const auto count = number_in<std::int64_t>(object, name);
    return count ? std::optional(std::chrono::nanoseconds(*count)) : std::nullopt;
}

/// Of at most as many as an endpoint counts, whoever wrote the reply.
void read_callers(const boost::json::object& object, endpoint_stats& stats) {
    const auto* const callers = object.if_contains("callers");
    if (callers == nullptr || !callers->is_object()) return;
    for (const auto& [name, count] : callers->get_object()) {
        boost::json::error_code failed;
        const auto number = count.to_number<std::uint64_t>(failed);
        const std::string_view text(name.data(), name.size());
        if (failed || !is_caller(text) || stats.callers.size() > most_callers) continue;
        stats.callers.emplace(text, number);
    }
}

}  // namespace

std::optional<std::string> data_with_load(const endpoint_stats& stats) {
    if (stats.requests == 0 && stats.pending == 0) return stats.data;
    const auto own = "\"" + std::string(member) + "\":" + load_json(stats) + "}";
    if (!stats.data) return "{" + own;
    // Text is put into text, because numbers in it have to stay as their author wrote them.
    const auto end = stats.data->find_last_of('}');
    const bool is_empty = stats.data->find('"') == std::string::npos;
    return stats.data->substr(0, end) + (is_empty ? "" : ",") + own;
}

void read_load(endpoint_stats& stats) {
    if (!stats.data) return;
    boost::json::error_code failed;
    const auto data = boost::json::parse(*stats.data, failed);
    if (failed || !data.is_object()) return;
    const auto* const load = data.get_object().if_contains(boost::json::string_view(member.data(), member.size()));
    if (load == nullptr || !load->is_object()) return;
    const auto& object = load->get_object();
    each_count(stats, [&](const char* name, std::uint64_t& count) {
        if (const auto told = number_in<std::uint64_t>(object, name)) count = *told;
    });
    read_callers(object, stats);
    const auto* const latency = object.if_contains("latency");
    if (latency == nullptr || !latency->is_object()) return;
    stats.latency.p50 = time_in(latency->get_object(), "p50");
    stats.latency.p90 = time_in(latency->get_object(), "p90");
    stats.latency.p99 = time_in(latency->get_object(), "p99");
    stats.latency.max = time_in(latency->get_object(), "max").value_or(stats.latency.max);
}

}  // namespace mote::micro::detail
