#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::gateway {

namespace detail {
class function_series;
struct metrics_state;
}  // namespace detail

/// What is counted of one function: to be looked up once and kept. Never null where `gateway_metrics::add` gave it.
using function_handle = std::shared_ptr<detail::function_series>;

/// One request to a function, from its begin to its end: counted as started by the constructor, and as done by `finished`.
/// Costs two looks at the clock and three relaxed atomic additions; allocates nothing. One that is destroyed unfinished counts
/// as 499: who asked went away before there was an answer.
class invocation {
public:
    using clock = std::chrono::steady_clock;
    static constexpr int abandoned = 499;

    explicit invocation(function_handle of, clock::time_point now = clock::now()) noexcept;
    invocation(invocation&&) noexcept = default;
    invocation& operator=(invocation&&) = delete;
    ~invocation();

    /// With the status that was sent. Only the first call counts.
    void finished(int status, clock::time_point now = clock::now()) noexcept;

private:
    function_handle of_;  // null: finished or moved from
    clock::time_point began_;
};

/// How many replicas a function has and should have; what is absent is not written.
struct function_gauges {
    std::optional<std::uint64_t> count{};        ///< `gateway_service_count`: wanted replicas
    std::optional<std::uint64_t> ready{};        ///< `gateway_service_ready_count`
    std::optional<std::uint64_t> min{};          ///< `gateway_service_min`
    std::optional<std::uint64_t> target{};       ///< `gateway_service_target`: load of one replica, by its labels
    std::optional<std::uint64_t> target_load{};  ///< `gateway_service_target_load`, of one replica
    std::string scaling_type{};                  ///< its label: `rps`, `capacity`, `cpu`, ...
    std::optional<std::uint64_t> memory{};       ///< `pod_memory_working_set_bytes`, of all its processes
    std::optional<std::chrono::nanoseconds> cpu_time{};  ///< `pod_cpu_usage_seconds_total`, the same
};

/// What the queue of asynchronous calls has of one function; what is absent is not written.
struct queue_numbers {
    std::string queue_name{};
    std::string function_name{};  ///< `name.namespace`
    std::uint64_t pending = 0;
    std::optional<std::uint64_t> processed{};  ///< since the start
    std::optional<std::uint64_t> submitted{};  ///< since the start
    std::optional<std::uint64_t> in_flight{};
};

/// What others know when the metrics are asked for.
struct scrape_numbers {
    std::vector<queue_numbers> queues{};
    std::map<std::string, std::uint64_t> node_reconnects{};  ///< to NATS, by the node's id: nodes run queued calls
    std::uint64_t open_connections = 0;                      ///< `http::server::connections`
    std::uint64_t requests_in_flight = 0;                    ///< `http::server::in_flight`
    std::uint64_t log_lines_dropped = 0;                     ///< `access_log::dropped`
    std::uint64_t reconnects = 0;                            ///< to NATS
    std::string version{};                                   ///< of `mote_build_info`
};

/// Counts what the gateway does, in the names and labels of OpenFaaS (`gateway_functions_seconds{function_name,code}`, ...), and
/// writes it as Prometheus' text format 0.0.4. `function_name` is always `name.namespace`.
///
/// Bounded: at most `max_functions` functions, and of each 12 different statuses, past which `code` is the class (`4xx`). A
/// caller cannot add labels: only `add` does, and it is for functions that exist; those past the bound share the name
/// `other`. So there are at most 17 statuses of 18 lines, and 2.5 KB of memory, a function.
///
/// On any thread.
class gateway_metrics {
public:
    explicit gateway_metrics(std::size_t max_functions = 10'000);
    gateway_metrics(const gateway_metrics&) = delete;
    gateway_metrics& operator=(const gateway_metrics&) = delete;
    ~gateway_metrics();

    /// Of a function that exists, by `name.namespace`; the same one each time. With zero counts until it is asked.
    function_handle add(std::string_view full_name);
    /// Null for one that was not added.
    function_handle find(std::string_view full_name) const;
    /// It does not exist any more: its series end. What is in flight may still be finished.
    void remove(std::string_view full_name);
    /// Nothing for a function that was not added.
    void set(std::string_view full_name, function_gauges gauges);
    /// Calls that were answered, of which `invocationCount` is made; zero for one that was not added.
    std::uint64_t invocations(std::string_view full_name) const;
    std::size_t functions() const;

    /// A request of the system API was answered: `http_requests_total`, `http_request_duration_seconds`, and the same of
    /// `provider_` with the path, in which names are replaced.
    void answered(std::string_view method, std::string_view path, int status, std::chrono::nanoseconds took);

    /// The listener refused a request itself: `mote_gateway_requests_refused_total`.
    void refused(int status);

    /// All of it. Answer it as `content_type`.
    std::string text(const scrape_numbers& more) const;
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
    std::unique_ptr<detail::metrics_state> state_;
};

}  // namespace mote::gateway
