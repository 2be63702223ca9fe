#include <mote/process/detail/group_state.hpp>

#include <mote/process/detail/group_files.hpp>

#include <csignal>
#include <new>

namespace mote::process::detail {
namespace {

constexpr int most_rounds = 20;

std::vector<pid_t> members_of(const std::string& directory) {
    std::vector<pid_t> found;
    const std::string text = read_text(directory + "/cgroup.procs");
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        const auto pid = number_in(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        // 0: a process of another pid namespace, which we cannot name.
        if (pid && *pid != 0) found.push_back(static_cast<pid_t>(*pid));
    }
    return found;
}

/// Kills what the file names, until it names nothing that is not killed: what is forked meanwhile comes in the next round.
void kill_members(const std::string& directory) {
    for (int round = 0; round < most_rounds; ++round) {
        bool any = false;
        for (const pid_t member : members_of(directory)) any = ::kill(member, SIGKILL) == 0 || any;
        if (!any) return;
    }
}

std::optional<std::uint64_t> less(std::optional<std::uint64_t> from, std::optional<std::uint64_t> part) {
    if (!from || !part) return from;
    return *from > *part ? *from - *part : 0;
}

}  // namespace

std::string_view name_of(group_kind kind) noexcept {
    switch (kind) {
        case group_kind::rlimits: return "rlimits";
        case group_kind::v1: return "cgroup v1";
        case group_kind::v2: return "cgroup v2";
    }
    return "unknown";
}

group_usage group_state::usage() const {
    group_usage used;
    if (kind == group_kind::v2) {
        // File pages that nobody used lately can be taken back at any time: not what the group needs.
        used.memory = less(number_in(read_text(memory + "/memory.current")),
                           number_of(read_text(memory + "/memory.stat"), "inactive_file"));
        used.out_of_memory = number_of(read_text(memory + "/memory.events"), "oom_kill");
        if (const auto time = number_of(read_text(cpu_time + "/cpu.stat"), "usage_usec")) {
            used.cpu_time = std::chrono::microseconds(*time);
        }
    } else if (kind == group_kind::v1) {
        if (!memory.empty()) {
            used.memory = less(number_in(read_text(memory + "/memory.usage_in_bytes")),
                               number_of(read_text(memory + "/memory.stat"), "total_inactive_file"));
            used.out_of_memory = number_of(read_text(memory + "/memory.oom_control"), "oom_kill");
        }
        if (!cpu_time.empty()) {
            if (const auto time = number_in(read_text(cpu_time + "/cpuacct.usage"))) {
                used.cpu_time = std::chrono::nanoseconds(*time);
            }
        }
    }
    return used;
}

std::optional<std::vector<pid_t>> group_state::members() const {
    if (directories.empty()) return std::nullopt;
    return members_of(directories.front());
}

void group_state::kill_all() const noexcept try {
    if (directories.empty()) return;
    if (kind == group_kind::v2 && write_text(directories.front() + "/cgroup.kill", "1")) return;
    // Without cgroup.kill nothing may be born between two rounds.
    if (!processes.empty()) write_text(processes + "/pids.max", "0");
    for (const std::string& directory : directories) kill_members(directory);
    if (!processes.empty())
        write_text(processes + "/pids.max", limits.processes ? std::to_string(*limits.processes) : "max");
} catch (const std::bad_alloc&) {
}

bool group_state::remove() const noexcept try {
    kill_all();
    bool gone = true;
    for (const std::string& directory : directories) gone = remove_group(directory) && gone;
    return gone;
} catch (const std::bad_alloc&) {
    return false;
}

}  // namespace mote::process::detail
