#pragma once

#include <mote/jetstream/consumer.hpp>
#include <mote/jetstream/stream.hpp>
#include <mote/micro/info.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::command {

/// An endpoint as all instances of a service offer it; where they differ, as the first of them does.
struct graph_endpoint {
    std::string name{};
    std::string subject{};
    std::string queue_group{};
    std::string kind{};      ///< `endpoint`, or what `mote.kind` says
    std::string stream{};    ///< of work: what keeps it
    std::string consumer{};  ///< of work: what hands it out, `<service>_<endpoint>`
    std::set<std::string> ids{};
    std::uint64_t requests = 0;                                   ///< of all instances
    std::map<std::string, std::uint64_t, std::less<>> callers{};  ///< of all instances, see micro::endpoint_stats
    std::set<std::string> kept_by{};  ///< streams that keep what is published to its subject
};

struct graph_service {
    std::set<std::string> versions{};
    std::set<std::string> ids{};
    std::map<std::string, graph_endpoint> endpoints{};
};

/// A stream that has to do with an endpoint.
struct graph_stream {
    bool there = false;  ///< false: an endpoint's metadata names it, and JetStream does not know it, or was not asked
    std::vector<std::string> subjects{};
    std::uint64_t messages = 0;
    std::map<std::string, jetstream::consumer_info> consumers{};
};

/// What there is on a server, and who asks whom. Everything is by name, so that it is the same whoever answers first. All texts
/// are as they came: whoever prints them makes them fit.
struct service_graph {
    std::map<std::string, graph_service> services{};
    std::map<std::string, graph_stream> streams{};

    /// Callers that are no services here: they are gone, or on another server.
    std::set<std::string> strangers() const;
    /// Only one service, who asks it and whom it asks, with the streams of them all.
    service_graph around(const std::string& name) const;
};

/// Without streams but for those that metadata names.
service_graph graph_of(const std::vector<micro::service_info>& services,
                       const std::vector<micro::service_stats>& statistics);
/// Takes in the streams that have to do with endpoints; returns their names, whose consumers are of interest.
std::vector<std::string> add_streams(service_graph& graph, const std::vector<jetstream::stream_info>& streams);

/// Whether some subject is matched by both; each may have wildcards.
bool subjects_overlap(std::string_view left, std::string_view right) noexcept;

}  // namespace mote::command
