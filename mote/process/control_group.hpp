#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace mote::process {

class control_group;
namespace detail {
struct group_state;
const group_state* state_of(const control_group& group) noexcept;
}  // namespace detail

/// What all processes of a group may use together. Absent: no limit.
struct group_limits {
    std::optional<std::uint64_t> memory{};      // bytes, tmpfs included; past it the kernel kills one of them
    std::optional<std::uint64_t> millicores{};  // 1000: one CPU; past it they wait
    std::optional<std::uint64_t> processes{};   // threads too; past it fork fails
};

/// What a group uses and used. Absent: the machine does not say.
struct group_usage {
    std::optional<std::uint64_t> memory{};               // bytes, now
    std::optional<std::chrono::nanoseconds> cpu_time{};  // of all its processes since it was created
    std::optional<std::uint64_t> out_of_memory{};        // processes killed for want of memory
};

/// What holds the limits of groups here: "cgroup v2", "cgroup v1" or "rlimits". Probed at the first call; any thread.
std::string_view control_group_kind();

/// Processes whose memory, CPU time and number are limited and counted together: a cgroup. `command::group` puts a child
/// in before its program runs, and all that it starts are in it too.
///
///     auto group = control_group::create("mote-n1-echo-0", {.memory = 128 << 20, .millicores = 500});
///
/// Where this process may not create cgroups, the group is a note of limits that `child::start` turns into rlimits for that
/// one process (memory into what it can write, see `limits::memory`), and nothing is counted. Calls are file system calls of some 10 microseconds.
/// Not for two threads at once.
class control_group {
public:
    /// `name`: 1..200 letters, digits, `-`, `_`, `.`, not starting with `.`, else throws `errc::bad_limit`. A group of that
    /// name that is there is taken over, with what is in it. Never fails for want of permission: see `kind`.
    static control_group create(std::string name, group_limits limits = {});
    control_group(control_group&&) noexcept;
    control_group& operator=(control_group&&) noexcept;
    /// As `remove`; what cannot be removed yet is tried again at later calls of `create` and `sweep_control_groups`.
    ~control_group();

    const std::string& name() const noexcept;
    std::string_view kind() const noexcept;       ///< of this group, as `control_group_kind`
    const group_limits& limits() const noexcept;  ///< as asked for
    group_usage usage() const;                    ///< never throws
    /// All that are in it now, but those of other pid namespaces; nothing where the kind is "rlimits".
    std::optional<std::vector<pid_t>> processes() const;
    void kill_all() noexcept;  ///< SIGKILL to all that are in it; does not wait for their end
    /// Kills all in it and removes it, with the groups that they made below it. False while their ends are not complete: call again.
    bool remove() noexcept;

private:
    friend const detail::group_state* detail::state_of(const control_group& group) noexcept;
    explicit control_group(std::unique_ptr<detail::group_state> state) noexcept;
    std::unique_ptr<detail::group_state> state_;
};

/// Kills all in the groups whose names start with `prefix` (not empty), and of which `is_left`, where there is one, says that they
/// are left, and removes them: what a killed owner left. Waits at most 2 s for their ends. Returns how many it removed.
std::size_t sweep_control_groups(std::string_view prefix,
                                 const std::function<bool(std::string_view name)>& is_left = nullptr);

/// Removes the groups that have no process, whose names start with `prefix` (not empty) and are left, as `is_left` says. Kills
/// nothing. Returns how many it removed.
std::size_t remove_empty_control_groups(std::string_view prefix,
                                        const std::function<bool(std::string_view name)>& is_left);

}  // namespace mote::process
