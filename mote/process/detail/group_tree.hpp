#pragma once

#include <mote/process/detail/group_state.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::process::detail {

/// Where this process may create control groups: one directory a controller (v1) or one for all (v2), below which each group
/// has one of its own.
class group_tree {
public:
    /// What the machine gives us, found once: v2 where its memory or cpu controller is ours, else v1, else nothing.
    static const group_tree& of_this_machine();

    /// The same from the texts of /proc/self/cgroup and /proc/self/mountinfo.
    static group_tree find(std::string_view own_groups, std::string_view mounts);

    group_kind kind() const noexcept { return kind_; }
    const std::string& memory() const noexcept { return memory_; }
    const std::string& cpu() const noexcept { return cpu_; }

    group_state create(std::string name, group_limits limits) const;
    std::size_t sweep(std::string_view prefix, const std::function<bool(std::string_view)>& is_left = nullptr) const;
    std::size_t remove_empty(std::string_view prefix, const std::function<bool(std::string_view)>& is_left) const;

private:
    bool use_v2(const std::string& directory);
    void use_v1(const std::string& directory, std::string_view controllers);
    group_state placed(std::string name) const;
    std::vector<std::string> names(std::string_view prefix) const;

    group_kind kind_ = group_kind::rlimits;
    std::string memory_, cpu_, cpu_time_, processes_;
};

}  // namespace mote::process::detail
