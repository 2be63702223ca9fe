#pragma once

#include <mote/micro/info.hpp>

#include <string_view>

namespace mote::micro::detail {

// The replies to $SRV requests (ADR-32) as any implementation writes them. Only `name` and `id` have to be there, as
// without them an instance can be neither told apart nor asked. Every other member may be missing or null and has its
// default then, and unknown ones are skipped: nats.java leaves out zero counters, nats.c empty endpoints, and nats.go
// writes `"metadata":null`. What is no such reply throws `errc::bad_reply` with the path of the member.

/// Fills all but `description` and `endpoints`.
service_info parse_ping_reply(std::string_view text);
service_info parse_info_reply(std::string_view text);
/// `data` is JSON text again.
service_stats parse_stats_reply(std::string_view text);

}  // namespace mote::micro::detail
