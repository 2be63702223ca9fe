#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::functions::detail {

/// The text as UTF-8 of at most `bound` bytes, which are 64 or more: what is none becomes U+FFFD, and what is longer is
/// cut between two characters, with a mark that says how long it was.
std::string log_text(std::string_view text, std::size_t bound);

/// The same without a mark.
std::string cut_text(std::string_view text, std::size_t bound);

}  // namespace mote::functions::detail
