#pragma once

#include <mote/nats/headers.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace mote::micro {

/// How many milliseconds the caller will still wait for the answer, as a decimal number. Relative, so that the clocks of
/// the two sides need not agree; what the message is under way for is not taken off.
inline constexpr std::string_view deadline_header = "Mote-Deadline-Ms";

/// What the header says; nothing without it, and when its value is not 1 to 10 digits.
std::optional<std::chrono::milliseconds> deadline_in(const nats::headers_view& headers);

/// Sets the header, in place of one that is there: whole milliseconds, cut off, from 1 to 9,999,999,999 (115 days).
void add_deadline(nats::headers& headers, std::chrono::nanoseconds remaining);

}  // namespace mote::micro
