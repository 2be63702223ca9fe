#pragma once

#include <mote/functions/description.hpp>
#include <mote/functions/node_state.hpp>
#include <mote/json/about.hpp>

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::gateway::detail {

struct function_usage {
    double cpu = 0;  ///< thousandths of a core
    double total_memory_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(function_usage, (), (cpu, total_memory_bytes))

/// What OpenFaaS has no field for; its clients pass over it.
struct function_details {
    std::uint64_t generation = 0;
    std::optional<bool> paused{};
    std::optional<std::string> digest{};  ///< of its bundle
    std::optional<std::string> limits{};  ///< what holds them
    std::optional<std::string> sandbox{};
    std::optional<std::uint32_t> starting{};
    std::optional<std::uint32_t> in_flight{};
    std::optional<std::string> trouble{};  ///< why none is ready
};
BOOST_DESCRIBE_STRUCT(function_details, (), (generation, paused, digest, limits, sandbox, starting, in_flight, trouble))

/// The FunctionStatus of OpenFaaS's API. What is none or zero is left out, but for labels and annotations.
struct function_status {
    std::string name{};
    std::string image{};
    std::string space{};
    std::optional<std::string> process{};
    std::optional<functions::text_map> variables{};
    std::optional<std::vector<std::string>> constraints{};
    std::optional<std::vector<std::string>> secrets{};
    functions::text_map labels{};
    functions::text_map annotations{};
    std::optional<functions::resource_texts> limits{};
    std::optional<functions::resource_texts> requests{};
    std::optional<bool> read_only{};
    std::optional<std::uint64_t> invocations{};
    std::optional<std::uint64_t> replicas{};  ///< wanted
    std::optional<std::uint64_t> available{};
    std::chrono::system_clock::time_point created{};
    std::optional<function_usage> usage{};
    std::optional<function_details> details{};
};
BOOST_DESCRIBE_STRUCT(function_status, (),
                      (name, image, space, process, variables, constraints, secrets, labels, annotations, limits,
                       requests, read_only, invocations, replicas, available, created, usage, details))

/// Of a function as it is kept, and what the nodes say of it.
function_status status_of(const functions::description& what, const functions::function_state& seen,
                          std::uint64_t invocations);
function_usage usage_of(const functions::function_state& seen);
function_details details_of(const functions::description& what, const functions::function_state& seen);

}  // namespace mote::gateway::detail

template <>
struct mote::json::about<mote::gateway::detail::function_usage> {
    static constexpr mote::json::member_note members[] = {
        {.member = "total_memory_bytes", .name = "totalMemoryBytes"},
    };
};

template <>
struct mote::json::about<mote::gateway::detail::function_status> {
    static constexpr mote::json::member_note members[] = {
        {.member = "space", .name = "namespace"},
        {.member = "process", .name = "envProcess"},
        {.member = "variables", .name = "envVars"},
        {.member = "read_only", .name = "readOnlyRootFilesystem"},
        {.member = "invocations", .name = "invocationCount"},
        {.member = "available", .name = "availableReplicas"},
        {.member = "created", .name = "createdAt"},
        {.member = "details", .name = "mote"},
    };
};
