#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mote::micro::detail {

/// A `tracestate` without blanks and empty members; nothing when it is not valid: W3C Trace Context, 3.3.1: at most 32
/// members `key=value`, no key twice. Of one with more than 512 bytes members are left out, as its 3.3.1.5 says: first
/// those with more than 128 bytes, then from the end.
std::optional<std::string> normal_trace_state(std::string_view text);

}  // namespace mote::micro::detail
