#include <mote/gateway/detail/function_status.hpp>

namespace mote::gateway::detail {
namespace {

/// Absent when it is empty, as a Go server writes it.
template <class T>
std::optional<T> unless_empty(const std::optional<T>& value) {
    return value && !value->empty() ? value : std::nullopt;
}
std::optional<std::string> unless_empty(const std::string& value) {
    return value.empty() ? std::nullopt : std::optional(value);
}
template <class T>
std::optional<T> unless_zero(T value) {
    return value == T{} ? std::nullopt : std::optional(value);
}

std::optional<functions::resource_texts> unless_nothing(const std::optional<functions::resource_texts>& texts) {
    if (!texts) return std::nullopt;
    functions::resource_texts said;
    said.memory = unless_empty(texts->memory);
    said.cpu = unless_empty(texts->cpu);
    said.nvidia_gpu = unless_empty(texts->nvidia_gpu);
    said.amd_gpu = unless_empty(texts->amd_gpu);
    said.intel_gpu = unless_empty(texts->intel_gpu);
    const bool any = said.memory || said.cpu || said.nvidia_gpu || said.amd_gpu || said.intel_gpu;
    return any ? std::optional(said) : std::nullopt;
}

}  // namespace

function_status status_of(const functions::description& what, const functions::function_state& seen,
                          std::uint64_t invocations) {
    const auto& wanted = what.wanted;
    function_status status;
    status.name = wanted.service;
    status.image = wanted.image;
    status.space = what.name().space;
    status.process = unless_empty(wanted.process);
    status.variables = unless_empty(wanted.variables);
    status.constraints = unless_empty(wanted.constraints);
    status.secrets = unless_empty(wanted.secrets);
    if (wanted.labels) status.labels = *wanted.labels;
    status.labels["faas_function"] = wanted.service;
    if (wanted.annotations) status.annotations = *wanted.annotations;
    status.limits = unless_nothing(wanted.limits);
    status.requests = unless_nothing(wanted.requests);
    status.read_only = unless_zero(wanted.read_only.value_or(false));
    status.invocations = unless_zero(invocations);
    status.replicas = unless_zero<std::uint64_t>(what.replicas);
    status.available = unless_zero<std::uint64_t>(seen.ready);
    status.created = what.created;
    return status;
}

function_usage usage_of(const functions::function_state& seen) {
    function_usage usage;
    usage.cpu = seen.millicores;
    usage.total_memory_bytes = seen.memory;
    return usage;
}

function_details details_of(const functions::description& what, const functions::function_state& seen) {
    function_details details;
    details.generation = what.generation;
    details.paused = unless_zero(what.paused);
    details.digest = unless_empty(what.digest);
    details.limits = unless_empty(seen.limits);
    details.sandbox = unless_empty(seen.sandbox);
    details.starting = unless_zero(seen.starting);
    details.in_flight = unless_zero(seen.in_flight);
    details.trouble = unless_empty(seen.trouble);
    return details;
}

}  // namespace mote::gateway::detail
