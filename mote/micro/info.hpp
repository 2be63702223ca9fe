#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mote::micro {

/// Free text by key; never changed after the service was made (ADR-32).
using metadata = std::map<std::string, std::string>;

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
    std::uint64_t unanswered = 0;       ///< responses to messages without a reply subject; not on the wire
    std::uint64_t in_flight = 0;        ///< not on the wire
    std::optional<std::string> data{};  ///< JSON text of the stats handler
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
