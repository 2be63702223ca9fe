#include <mote/gateway/detail/metrics_state.hpp>

#include <mote/gateway/detail/metrics_text.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mote::gateway::detail {
namespace {

using kind = metrics_text::kind;

/// One function as it is when the metrics are asked for.
struct sample {
    std::string label;
    std::string space;
    std::vector<code_table::row> answers;
    std::uint64_t started = 0;
    std::uint64_t in_flight = 0;
    function_gauges gauges{};
};

sample sample_of(const metrics_state::known& from) {
    sample made;
    const std::string_view name = from.series->name();
    made.label = plain_label("function_name", name);
    made.space = name.substr(std::min(name.rfind('.') + 1, name.size()));
    made.answers = from.series->answers().rows();
    made.started = from.series->started();  // behind the answers, so that they are not more
    made.gauges = from.gauges;
    std::uint64_t done = 0;
    for (const auto& row : made.answers) done += row.total();
    made.in_flight = made.started > done ? made.started - done : 0;
    return made;
}

std::vector<sample> samples_of(const metrics_state& of) {
    std::vector<metrics_state::known> all;
    {
        const std::scoped_lock held(of.lock);
        for (const auto& [name, each] : of.functions) all.push_back(each);
    }
    if (of.others->started() > 0) all.push_back({of.others});
    std::vector<sample> made;
    for (const auto& each : all) made.push_back(sample_of(each));
    return made;
}

std::string with_code(const std::string& label, const code_table::row& row) {
    return label + "," + plain_label("code", row.code);
}

void write_invocations(metrics_text& to, const std::vector<sample>& samples) {
    to.begin(kind::counter, "gateway_function_invocation_started", "Calls of functions that began.");
    for (const auto& each : samples) to.add(each.label, each.started);
    to.begin(kind::gauge, "gateway_function_invocation_inflight", "Calls of functions that are not answered yet.");
    for (const auto& each : samples) to.add(each.label, each.in_flight);
    to.begin(kind::counter, "gateway_function_invocation_total", "Calls of functions that were answered, by status.");
    for (const auto& each : samples)
        for (const auto& row : each.answers) to.add(with_code(each.label, row), row.total());
    to.begin(kind::histogram, "gateway_functions_seconds", "Time until a function's answer was sent, by status.");
    for (const auto& each : samples)
        for (const auto& row : each.answers) to.add(with_code(each.label, row), row);
}

void write_gauge(metrics_text& to, const std::vector<sample>& samples, std::string_view name, std::string_view help,
                 std::optional<std::uint64_t> function_gauges::* member) {
    to.begin(kind::gauge, name, help);
    for (const auto& each : samples)
        if (const auto& value = each.gauges.*member) to.add(each.label, *value);
}

void write_replicas(metrics_text& to, const std::vector<sample>& samples) {
    write_gauge(to, samples, "gateway_service_count", "Replicas that a function should have.", &function_gauges::count);
    write_gauge(to, samples, "gateway_service_ready_count", "Replicas that can be called.", &function_gauges::ready);
    write_gauge(to, samples, "gateway_service_min", "Fewest replicas.", &function_gauges::min);
    write_gauge(to, samples, "gateway_service_target", "Load of one replica that its labels ask for.",
                &function_gauges::target);
    to.begin(kind::gauge, "gateway_service_target_load", "Load that one replica should have.");
    for (const auto& each : samples)
        if (const auto& value = each.gauges.target_load)
            to.add(each.label + "," + plain_label("scaling_type", each.gauges.scaling_type), *value);
}

/// What its processes use, by the names of a cluster of OpenFaaS, whose dashboards ask for them.
void write_usage(metrics_text& to, const std::vector<sample>& samples) {
    const auto labels = [](const sample& of) { return of.label + "," + plain_label("namespace", of.space); };
    to.begin(kind::counter, "pod_cpu_usage_seconds_total", "CPU time of a function's processes.");
    for (const auto& each : samples)
        if (const auto& time = each.gauges.cpu_time)
            to.add_nanoseconds(labels(each), static_cast<std::uint64_t>(time->count()));
    to.begin(kind::gauge, "pod_memory_working_set_bytes", "Memory of a function's processes.");
    for (const auto& each : samples)
        if (const auto& bytes = each.gauges.memory) to.add(labels(each), *bytes);
}

void write_queues(metrics_text& to, const std::vector<queue_numbers>& queues) {
    const auto write = [&](kind of, std::string_view name, std::string_view help, auto member) {
        to.begin(of, name, help);
        for (const auto& each : queues) {
            const std::optional<std::uint64_t> value = each.*member;
            const auto labels =
                plain_label("queue_name", each.queue_name) + "," + plain_label("function_name", each.function_name);
            if (value) to.add(labels, *value);
        }
    };
    write(kind::gauge, "queue_worker_pending_messages",
          "Messages in the queue: calls that have not ended, and ended ones whose callback is still to be made.",
          &queue_numbers::pending);
    write(kind::counter, "queue_worker_messages_processed_total", "Queued calls that ended.",
          &queue_numbers::processed);
    write(kind::counter, "queue_worker_messages_submitted_total", "Calls that were queued.", &queue_numbers::submitted);
    write(kind::gauge, "queue_worker_function_invocation_inflight", "Queued calls that are worked on.",
          &queue_numbers::in_flight);
}

void write_nodes(metrics_text& to, const std::map<std::string, std::uint64_t>& reconnects) {
    to.begin(kind::counter, "queue_worker_nats_reconnect_total",
             "Connections of nodes, which run queued calls, that were lost and made again.");
    for (const auto& [node, count] : reconnects) to.add(plain_label("node", node), count);
}

using labelled_rows = std::vector<std::pair<std::string, code_table::row>>;

void add_rows(labelled_rows& to, const code_table& from, const std::string& labels) {
    for (auto& row : from.rows()) {
        auto all = plain_label("code", row.code) + "," + labels;
        to.emplace_back(std::move(all), std::move(row));
    }
}

void write_requests(metrics_text& to, const labelled_rows& rows, const std::string& prefix) {
    to.begin(kind::counter, prefix + "http_requests_total", "Requests of the system API.");
    for (const auto& [labels, row] : rows) to.add(labels, row.total());
    to.begin(kind::histogram, prefix + "http_request_duration_seconds",
             "Time until an answer of the system API was sent.");
    for (const auto& [labels, row] : rows) to.add(labels, row);
}

void write_system(metrics_text& to, const metrics_state& of) {
    labelled_rows all;
    for (std::size_t i = 0; i < counted_methods.size(); ++i)
        add_rows(all, of.system[i], plain_label("method", counted_methods[i]));
    write_requests(to, all, "");
    labelled_rows by_path;
    {
        const std::scoped_lock held(of.lock);
        for (const auto& [key, answers] : of.provider)
            add_rows(by_path, answers, plain_label("method", key.first) + ",path=\"" + std::string(key.second) + "\"");
    }
    write_requests(to, by_path, "provider_");
}

void write_refused(metrics_text& to, const metrics_state& of) {
    to.begin(kind::counter, "mote_gateway_requests_refused_total", "HTTP requests that the listener refused itself.");
    const std::scoped_lock held(of.lock);
    for (const auto& [status, count] : of.refused) to.add(plain_label("code", std::to_string(status)), count);
}

std::uint64_t nanoseconds_of(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_usec) * 1'000;
}

void write_process(metrics_text& to, const metrics_state& of, const scrape_numbers& more) {
    to.begin(kind::gauge, "mote_build_info", "Always 1; the version is the label.");
    to.add(plain_label("version", more.version), std::uint64_t{1});
    to.begin(kind::gauge, "mote_gateway_open_connections", "HTTP connections that are open.");
    to.add("", more.open_connections);
    to.begin(kind::gauge, "mote_gateway_requests_in_flight", "HTTP requests that are worked on.");
    to.add("", more.requests_in_flight);
    to.begin(kind::gauge, "http_requests_in_flight", "The same, by OpenFaaS's name.");
    to.add("", more.requests_in_flight);
    to.begin(kind::counter, "mote_gateway_log_lines_dropped_total",
             "Lines of the access log that could not be written.");
    to.add("", more.log_lines_dropped);
    to.begin(kind::counter, "gateway_nats_reconnect_total", "Connections to NATS that were lost and made again.");
    to.add("", more.reconnects);
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0) {
        to.begin(kind::counter, "process_cpu_seconds_total", "CPU time of the process.");
        to.add_nanoseconds("", nanoseconds_of(used.ru_utime) + nanoseconds_of(used.ru_stime));
    }
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    if (std::ifstream("/proc/self/statm") >> pages >> resident) {
        to.begin(kind::gauge, "process_resident_memory_bytes", "Memory of the process that is in RAM.");
        to.add("", resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    }
    to.begin(kind::gauge, "process_start_time_seconds", "When it began, since 1970.");
    to.add_nanoseconds("", static_cast<std::uint64_t>(std::chrono::nanoseconds(of.began.time_since_epoch()).count()));
}

}  // namespace

std::string prometheus_text(const metrics_state& of, const scrape_numbers& more) {
    const auto samples = samples_of(of);
    metrics_text to;
    write_invocations(to, samples);
    write_replicas(to, samples);
    write_usage(to, samples);
    write_queues(to, more.queues);
    write_nodes(to, more.node_reconnects);
    write_system(to, of);
    write_refused(to, of);
    write_process(to, of, more);
    return std::move(to).finish();
}

}  // namespace mote::gateway::detail
