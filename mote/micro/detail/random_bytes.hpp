#pragma once

#include <cstdint>
#include <span>

namespace mote::micro::detail {

/// Fills with random bytes of the system, of which each thread keeps a few ready; up to 256 at once.
void fill_random(std::span<std::uint8_t> bytes);

}  // namespace mote::micro::detail
