#pragma once

#include <mote/functions/name.hpp>
#include <mote/functions/quantities.hpp>
#include <mote/json/about.hpp>

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::functions {

/// Names and values: of labels, annotations and variables.
using text_map = std::map<std::string, std::string>;

/// What somebody asks for when he deploys a function: the FunctionDeployment of OpenFaaS's API, with its names in JSON.
/// What is absent is kept absent, so that clients see again what they sent.
struct deployment {
    std::string service{};                 ///< the function's name
    std::string image{};                   ///< of which bundle, see image_name
    std::optional<std::string> space{};    ///< `namespace`
    std::optional<std::string> process{};  ///< `envProcess`: the command, for what the variable `fprocess` says
    std::optional<text_map> variables{};   ///< `envVars`
    std::optional<std::vector<std::string>> constraints{};  ///< on which nodes it may run, see constraint
    std::optional<std::vector<std::string>> secrets{};      ///< names of those that it may read
    std::optional<text_map> labels{};
    std::optional<text_map> annotations{};
    std::optional<resource_texts> limits{};
    std::optional<resource_texts> requests{};
    std::optional<bool> read_only{};  ///< `readOnlyRootFilesystem`
};
BOOST_DESCRIBE_STRUCT(deployment, (),
                      (service, image, space, process, variables, constraints, secrets, labels, annotations, limits,
                       requests, read_only))

/// What an update took the place of.
struct earlier_version {
    deployment wanted{};
    std::uint64_t generation = 1;
    std::string digest{};
};
BOOST_DESCRIBE_STRUCT(earlier_version, (), (wanted, generation, digest))

/// A function as it is kept in the bucket `mote_functions` (see function_store). Nodes run what it says.
struct description {
    deployment wanted{};
    std::uint64_t generation = 1;  ///< counts its deployments: processes of an older one are replaced
    std::uint32_t replicas = 1;    ///< how many are wanted now; 0: none until it is asked for
    /// The node whose load asked for so many, and may ask for less. Absent: the number is the least, or somebody has set it.
    std::optional<std::string> raised_by{};
    bool paused = false;   ///< disabled without being deleted: every call is refused
    std::string digest{};  ///< of its bundle when it was deployed; empty: a built-in one
    std::chrono::system_clock::time_point created{};
    /// The last one before it that served: nodes run it where this one does not start. Absent once this one has been ready.
    std::optional<earlier_version> previous{};

    /// Throws `errc::bad_name` for one that `read_deployment` would not have let pass.
    function_name name() const { return function_name::parse(wanted.service, wanted.space.value_or("")); }
    /// What an annotation, a label or a variable says; empty when absent.
    std::string_view annotation(const std::string& key) const noexcept;
    std::string_view label(const std::string& key) const noexcept;
    std::string_view variable(const std::string& key) const noexcept;
};
BOOST_DESCRIBE_STRUCT(description, (), (wanted, generation, replicas, raised_by, paused, digest, created, previous))

/// Reads what a client sent and checks it: names, sizes, quantities, labels that scale, variables with which nothing can
/// start. Fields that it does not know are passed over. Throws `errc::bad_description`, `errc::bad_name` or `errc::bad_setting` with a text for the client, which
/// names the field.
deployment read_deployment(std::string_view json);

/// The text that is kept in the bucket, and what reads it; throws `errc::bad_description`.
std::string write_description(const description& what);
description read_description(std::string_view json);

}  // namespace mote::functions

template <>
struct mote::json::about<mote::functions::deployment> {
    static constexpr mote::json::member_note members[] = {
        {.member = "space", .name = "namespace"},
        {.member = "process", .name = "envProcess"},
        {.member = "variables", .name = "envVars"},
        {.member = "read_only", .name = "readOnlyRootFilesystem"},
    };
};
