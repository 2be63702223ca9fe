#pragma once

#include <apps/hackernews/post.hpp>

#include <chrono>
#include <vector>

namespace hackernews {

/// The posts younger than 24 hours at `now`: most points first, of equals the newer, then the one with the lower id.
std::vector<post> rank(std::vector<post> posts, std::chrono::sys_seconds now);

}  // namespace hackernews
