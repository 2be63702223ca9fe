#pragma once

#include <string_view>

namespace mote::micro {

/// Names one call for whoever may cancel it: one token of a subject that its caller made up, new for each call.
inline constexpr std::string_view cancel_token_header = "Mote-Cancel-Token";

/// Whoever publishes to this with a call's token behind it, with any payload, ends that call where it waits.
inline constexpr std::string_view cancel_prefix = "mote.cancel.";

}  // namespace mote::micro
