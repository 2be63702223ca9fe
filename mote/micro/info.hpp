#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro {

/// Free text by key; never changed after the service was made (ADR-32).
using metadata = std::map<std::string, std::string>;

/// The value of a key; empty when it is not there.
inline const std::string& metadata_value(const metadata& all, const std::string& key) {
    static const std::string nothing;
    const auto found = all.find(key);
    return found == all.end() ? nothing : found->second;
}

/// What an endpoint says of itself in INFO.
struct endpoint_info {
    std::string name{};
    std::string subject{};      ///< whole, with the prefixes of its groups
    std::string queue_group{};  ///< empty: none
    micro::metadata metadata{};
};

/// What a service instance says of itself: PING (without description and endpoints) and INFO.
struct service_info {
    std::string name{};
    std::string id{};
    std::string version{};
    std::string description{};
    micro::metadata metadata{};
    std::vector<endpoint_info> endpoints{};
};

/// How long requests took: of the last thousand or so, but for the longest.
struct latency_summary {
    std::optional<std::chrono::nanoseconds> p50{};  ///< nothing before there were 20
    std::optional<std::chrono::nanoseconds> p90{};
    std::optional<std::chrono::nanoseconds> p99{};
    std::chrono::nanoseconds max{};  ///< since the start or the last reset
};

/// What became of one endpoint's requests since the service started or was reset.
struct endpoint_stats {
    std::string name{};
    std::string subject{};
    std::string queue_group{};
    std::uint64_t requests = 0;                  ///< counted when the handler starts
    std::uint64_t errors = 0;                    ///< at most one a request
    std::string last_error{};                    ///< "<code>:<description>", empty before the first
    std::chrono::nanoseconds processing_time{};  ///< sum, until the request is answered and its handler has ended
    std::chrono::nanoseconds average_processing_time{};
    // These are not of ADR-32: `data.mote` has them on the wire (docs/protocol.md).
    std::uint64_t in_flight = 0;   ///< begun or waiting in line, and not ended
    std::uint64_t waiting = 0;     ///< of those, in line
    std::uint64_t unanswered = 0;  ///< responses to messages without a reply subject
    std::uint64_t rejected = 0;    ///< answered 429, because the line was full
    std::uint64_t dropped = 0;     ///< not answered, because the line was full
    std::uint64_t expired = 0;     ///< not begun or cancelled, because the caller had gone
    std::uint64_t bytes_in = 0;    ///< payloads
    std::uint64_t bytes_out = 0;
    // Of work endpoints only.
    std::uint64_t pending = 0;      ///< messages that the stream has and nobody was given yet
    std::uint64_t redelivered = 0;  ///< of `requests`: not the first try
    std::uint64_t dead = 0;         ///< went to the dead letters
    latency_summary latency{};
    std::optional<std::string> data{};  ///< JSON text of an object: that of the stats handler, or of the reply
    /// How many of the requests came from handlers of these services, as far as they said so (`within`); at most 64 names,
    /// and `*` for the rest.
    std::map<std::string, std::uint64_t, std::less<>> callers{};
};

/// The reply to STATS.
struct service_stats {
    std::string name{};
    std::string id{};
    std::string version{};
    micro::metadata metadata{};
    std::string started{};  ///< RFC 3339, UTC
    std::vector<endpoint_stats> endpoints{};
};

}  // namespace mote::micro
