#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mote::kv {

/// Counts the writes to a bucket, over all keys; 0 is none.
using revision = std::uint64_t;

enum class operation { put, del, purge };

/// One value of a key, or the marker that it was deleted.
struct entry {
    std::string bucket{};
    std::string key{};
    std::string value{};
    kv::revision revision = 0;
    std::chrono::system_clock::time_point created{};
    std::uint64_t delta = 0;  ///< how many newer values there were
    kv::operation operation = kv::operation::put;
};

}  // namespace mote::kv
