#pragma once

#include <mote/micro/info.hpp>
#include <mote/nats/headers.hpp>

#include <cstddef>
#include <string_view>

namespace mote::micro::detail {

// Which services ask an endpoint: docs/protocol.md, "Who calls".

/// The name of the service for one of whose requests a call is made.
inline constexpr std::string_view caller_header = "Mote-Caller";
/// Anybody may write the header, so an endpoint counts so many names; calls of all further ones are those of `*`.
inline constexpr std::size_t most_callers = 64;
inline constexpr std::string_view further_callers = "*";
/// Longer ones are as no name.
inline constexpr std::size_t longest_caller = 128;

/// Whether it can be the name of a caller in statistics.
bool is_caller(std::string_view name) noexcept;
/// Counts the one that the headers name. A message without headers costs nothing.
void count_caller(endpoint_stats& counts, const nats::headers_view& headers);

}  // namespace mote::micro::detail
