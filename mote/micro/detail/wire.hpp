#pragma once

#include <mote/micro/info.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace mote::micro::detail {

// The replies to $SRV requests (ADR-32), as compact JSON with the key order of the official frameworks.

std::string ping_json(const service_info& info);
std::string info_json(const service_info& info);
/// An endpoint's `data` goes in as it is; without it the member is absent, also when it is no JSON object.
std::string stats_json(const service_stats& stats);
bool is_json_object(std::string_view text);

/// RFC 3339 in UTC with up to nanoseconds, without trailing zeros.
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace mote::micro::detail
