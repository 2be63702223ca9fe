#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mote::process::detail {

/// The directory of this process's own group in one hierarchy.
struct cgroup_place {
    int version = 0;            // 1 or 2
    std::string controllers{};  // of version 1: `cpu,cpuacct`
    std::string directory{};
};

/// From the texts of /proc/self/cgroup and /proc/self/mountinfo: all hierarchies that are mounted. A group that lies outside
/// of what is mounted (as in a container) counts as the top of that.
std::vector<cgroup_place> cgroup_places(std::string_view own_groups, std::string_view mounts);

}  // namespace mote::process::detail
