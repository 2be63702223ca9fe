#pragma once

#include <mote/micro/info.hpp>

#include <optional>
#include <string>

namespace mote::micro::detail {

// What an endpoint counts beyond ADR-32 travels as the member `mote` of its `data`, beside what its stats handler says
// (docs/protocol.md). An endpoint that was never asked says nothing, so that its statistics are those of every other
// framework.

/// `data` as it goes on the wire.
std::optional<std::string> data_with_load(const endpoint_stats& stats);
/// Takes the counts from the `data` of a reply. What is not there, or is no number, stays as it is.
void read_load(endpoint_stats& stats);

}  // namespace mote::micro::detail
