#pragma once

#include <mote/process/control_group.hpp>
#include <mote/process/detail/descriptor.hpp>

#include <string>
#include <vector>

namespace mote::process::detail {

enum class group_kind { rlimits, v1, v2 };
std::string_view name_of(group_kind kind) noexcept;

/// One control group: a directory for all controllers (v2), or one for each (v1). A place is empty where there is none.
struct group_state {
    group_kind kind = group_kind::rlimits;
    std::string name;
    group_limits limits;
    std::string memory, cpu, cpu_time, processes;            // directories
    std::vector<std::string> directories;                    // each once
    std::vector<descriptor> open_entrances;                  // of each, for writing
    std::vector<int> entrance_files;                         // the same, as numbers
    descriptor birth;                                        // the directory of one of v2, for children to be born in
    bool memory_limited = false, processes_limited = false;  // as `limits` wants

    bool limits_memory() const noexcept { return memory_limited; }
    bool limits_processes() const noexcept { return processes_limited; }
    /// What a child writes "0" to.
    const std::vector<int>& entrances() const noexcept { return entrance_files; }

    group_usage usage() const;
    std::optional<std::vector<pid_t>> members() const;
    void kill_all() const noexcept;
    /// True when all directories are gone.
    bool remove() const noexcept;
};

}  // namespace mote::process::detail
