#pragma once

#include <mote/functions/description.hpp>

#include <cstddef>
#include <string>

namespace mote::functions {

/// Makes `what` the next version of its function. What it was is kept as `previous`, unless it never served and has such a one
/// itself; neither is where both have no room in a message of `max_payload` bytes.
void make_next_version(description& what, deployment wanted, std::string digest, std::size_t max_payload);

/// What runs where the newest version does not start; `what` has to have `previous`.
description version_before(const description& what);

}  // namespace mote::functions
