#pragma once

#include <string>

namespace mote::nats {

/// A new unique id: 22 characters of base 62, as the official clients make them (12 random, 10 counted).
/// Unguessable enough for an inbox, not a secret. Any thread.
std::string next_nuid();

}  // namespace mote::nats
