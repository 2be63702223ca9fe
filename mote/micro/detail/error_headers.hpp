#pragma once

#include <string_view>

namespace mote::micro::detail {

// What makes a reply an error (ADR-32).
inline constexpr std::string_view error_header = "Nats-Service-Error";            // the description
inline constexpr std::string_view error_code_header = "Nats-Service-Error-Code";  // decimal

}  // namespace mote::micro::detail
