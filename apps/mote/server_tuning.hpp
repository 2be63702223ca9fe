#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::command {

/// Of a nats-server's configuration, for services: each request has a reply subject of its own, so that the cache of subjects
/// would be filled, and emptied again, with what is never looked for a second time.
inline constexpr std::string_view server_cache_setting = "disable_sublist_cache: true";

/// Variables for a nats-server of our own: Go collects what is no longer used when there is four times as much
/// of it as of what is, not once as much, but earlier where that would be half of `memory` (bytes).
std::vector<std::pair<std::string, std::string>> server_variables(std::uint64_t memory);

/// Bytes of memory that this process may have: the machine's, or what the files of the control group at `groups`, in a container
/// its own, allow, if that is less.
std::uint64_t memory_to_share(const std::string& groups = "/sys/fs/cgroup");

}  // namespace mote::command
