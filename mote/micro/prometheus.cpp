#include <mote/micro/prometheus.hpp>

#include <mote/micro/detail/prometheus_writer.hpp>

#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace mote::micro {
namespace {

using detail::prometheus_writer;
using detail::sample_kind;

/// An endpoint with the labels of its samples.
struct row {
    std::string labels{};
    const endpoint_stats* stats = nullptr;
};

std::string instance_labels(const service_stats& service) {
    return detail::label("service", service.name) + "," + detail::label("version", service.version) + "," +
           detail::label("id", service.id);
}

/// Two samples with the same name and labels would make the whole text unreadable.
std::vector<row> rows_of(std::span<const service_stats> services) {
    std::vector<row> rows;
    std::set<std::string> seen;
    for (const auto& service : services)
        for (const auto& endpoint : service.endpoints) {
            auto labels = instance_labels(service) + "," + detail::label("endpoint", endpoint.name) + "," +
                          detail::label("subject", endpoint.subject);
            if (seen.insert(labels).second) rows.push_back({std::move(labels), &endpoint});
        }
    return rows;
}

/// Only our endpoints do, from their first request on; then the longest time is never nothing.
bool tells_load(const row& each) {
    const auto& stats = *each.stats;
    return stats.latency.max.count() != 0 || stats.in_flight != 0 || stats.pending != 0;
}

struct count_family {
    sample_kind kind;
    const char* name;
    const char* help;
    std::uint64_t endpoint_stats::* member;
};

constexpr count_family standard_counts[] = {
    {sample_kind::counter, "mote_service_requests_total", "Requests that the endpoint began to handle.",
     &endpoint_stats::requests},
    {sample_kind::counter, "mote_service_errors_total", "Requests that ended with an error.", &endpoint_stats::errors},
};

constexpr count_family load_counts[] = {
    {sample_kind::gauge, "mote_service_in_flight", "Requests begun or waiting in line, and not ended.",
     &endpoint_stats::in_flight},
    {sample_kind::gauge, "mote_service_waiting", "Requests that wait in line.", &endpoint_stats::waiting},
    {sample_kind::counter, "mote_service_unanswered_total", "Responses to messages without a reply subject.",
     &endpoint_stats::unanswered},
    {sample_kind::counter, "mote_service_rejected_total", "Requests answered 429, because the line was full.",
     &endpoint_stats::rejected},
    {sample_kind::counter, "mote_service_dropped_total", "Messages not handled, because the line was full.",
     &endpoint_stats::dropped},
    {sample_kind::counter, "mote_service_expired_total",
     "Requests not begun or cancelled, because the caller had gone.", &endpoint_stats::expired},
    {sample_kind::counter, "mote_service_received_bytes_total", "Bytes of the payloads of requests.",
     &endpoint_stats::bytes_in},
    {sample_kind::counter, "mote_service_sent_bytes_total", "Bytes of the payloads of replies.",
     &endpoint_stats::bytes_out},
    {sample_kind::gauge, "mote_service_pending", "Messages of work that the stream has and nobody was given yet.",
     &endpoint_stats::pending},
    {sample_kind::counter, "mote_service_redelivered_total", "Tries of work that were not the first.",
     &endpoint_stats::redelivered},
    {sample_kind::counter, "mote_service_dead_total", "Messages of work that went to the dead letters.",
     &endpoint_stats::dead},
};

void write_counts(prometheus_writer& to, std::span<const count_family> families, const std::vector<row>& rows) {
    for (const auto& family : families) {
        to.begin(family.kind, family.name, family.help);
        for (const auto& each : rows) to.add(each.labels, each.stats->*family.member);
    }
}

void write_latencies(prometheus_writer& to, const std::vector<row>& rows) {
    to.begin(sample_kind::gauge, "mote_service_latency_seconds",
             "How long the last thousand or so requests took, at most, of the part that `quantile` says.");
    for (const auto& each : rows) {
        const auto quantile = [&](const char* part, const std::optional<std::chrono::nanoseconds>& time) {
            if (time) to.add(each.labels + "," + detail::label("quantile", part), *time);
        };
        quantile("0.5", each.stats->latency.p50);
        quantile("0.9", each.stats->latency.p90);
        quantile("0.99", each.stats->latency.p99);
    }
    to.begin(sample_kind::gauge, "mote_service_latency_max_seconds", "How long the longest request took.");
    for (const auto& each : rows) to.add(each.labels, each.stats->latency.max);
}

}  // namespace

std::string prometheus_text(std::span<const service_stats> services) {
    prometheus_writer to;
    to.begin(sample_kind::gauge, "mote_service_info", "An instance of a service; always 1.");
    std::set<std::string> instances;
    for (const auto& service : services) {
        const auto labels = instance_labels(service);
        if (instances.insert(labels).second) to.add(labels, std::uint64_t(1));
    }
    auto rows = rows_of(services);
    write_counts(to, standard_counts, rows);
    to.begin(sample_kind::counter, "mote_service_processing_seconds_total",
             "Time until requests were answered and their handlers had ended.");
    for (const auto& each : rows) to.add(each.labels, each.stats->processing_time);

    std::erase_if(rows, std::not_fn(tells_load));
    write_counts(to, load_counts, rows);
    write_latencies(to, rows);
    return std::move(to).text();
}

}  // namespace mote::micro
