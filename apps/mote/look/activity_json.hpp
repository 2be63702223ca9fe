#pragma once

#include <apps/mote/look/traffic.hpp>

#include <chrono>
#include <string>

namespace mote::command {

/// What happened in the last interval as one line of JSON: time, services, their endpoints, the instances of those. Times are
/// nanoseconds, what is not told is null.
std::string activity_json(const traffic& seen, std::chrono::system_clock::time_point now, const std::string& only);

}  // namespace mote::command
