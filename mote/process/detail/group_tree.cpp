#include <mote/process/detail/group_tree.hpp>

#include <mote/process/detail/cgroup_mounts.hpp>
#include <mote/process/detail/group_files.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::process::detail {
namespace {

constexpr std::uint64_t period_us = 100'000;
constexpr std::uint64_t least_quota_us = 1'000;    // the kernel's own bound
constexpr const char* own_group = "/.mote-owner";  // no prefix that can be swept is one of this name
constexpr int sweep_steps = 200, sweep_step_ms = 10;

bool has_word(std::string_view text, std::string_view word) {
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" ,\n");
        if (text.substr(0, end) == word) return true;
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return false;
}

bool may_create_in(const std::string& directory) { return ::access(directory.c_str(), W_OK | X_OK) == 0; }

std::uint64_t quota_us(std::uint64_t millicores) {
    constexpr std::uint64_t most = 1'000'000;  // CPUs, in thousandths: more than any machine has
    return std::max(least_quota_us, std::min(millicores, most * 1000) * (period_us / 1000));
}

void limit_v2(group_state& group) {
    const auto set = [&](const std::string& file, const std::string& text) {
        return write_text(group.directories.front() + file, text);
    };
    const group_limits& limits = group.limits;
    group.memory_limited = set("/memory.max", limits.memory ? std::to_string(*limits.memory) : "max");
    set("/memory.swap.max", limits.memory ? "0" : "max");  // a group that is taken over may have had one
    set("/cpu.max",
        limits.millicores ? std::to_string(quota_us(*limits.millicores)) + ' ' + std::to_string(period_us) : "max");
    group.processes_limited = set("/pids.max", limits.processes ? std::to_string(*limits.processes) : "max");
}

void limit_v1(group_state& group) {
    const group_limits& limits = group.limits;
    if (!group.memory.empty()) {
        const std::string most = limits.memory ? std::to_string(*limits.memory) : "-1";
        // Memory with swap may never be less than memory: one of the two orders works. It is not there without swap.
        const auto set_memory = [&] { return write_text(group.memory + "/memory.limit_in_bytes", most); };
        bool set = set_memory();
        write_text(group.memory + "/memory.memsw.limit_in_bytes", most);
        if (!set) set = set_memory();
        group.memory_limited = set;
    }
    if (!group.cpu.empty()) {
        write_text(group.cpu + "/cpu.cfs_period_us", std::to_string(period_us));
        write_text(group.cpu + "/cpu.cfs_quota_us",
                   limits.millicores ? std::to_string(quota_us(*limits.millicores)) : "-1");
    }
    if (!group.processes.empty()) {
        group.processes_limited =
            write_text(group.processes + "/pids.max", limits.processes ? std::to_string(*limits.processes) : "max");
    }
}

/// Where a child writes itself into a group. In v1 a task of its own: to move a whole process (`cgroup.procs`) the kernel stops
/// all forks and exits of the machine, and waits for that for many milliseconds. A child has one task until its exec.
const char* entrance_of(group_kind kind) noexcept { return kind == group_kind::v1 ? "/tasks" : "/cgroup.procs"; }

/// The directory for the controller, created; empty when that may not be.
void make(std::string& directory, group_state& group) {
    if (directory.empty() || std::ranges::find(group.directories, directory) != group.directories.end()) return;
    if (::mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST) {
        descriptor entrance(::open((directory + entrance_of(group.kind)).c_str(), O_WRONLY | O_CLOEXEC));
        if (entrance) {
            group.directories.push_back(directory);
            group.entrance_files.push_back(entrance.get());
            group.open_entrances.push_back(std::move(entrance));
            if (group.kind == group_kind::v2)
                group.birth = descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
            return;
        }
        ::rmdir(directory.c_str());
    }
    directory.clear();
}

}  // namespace

const group_tree& group_tree::of_this_machine() {
    static const group_tree tree = find(read_text("/proc/self/cgroup"), read_text("/proc/self/mountinfo"));
    return tree;
}

group_tree group_tree::find(std::string_view own_groups, std::string_view mounts) {
    const std::vector<cgroup_place> places = cgroup_places(own_groups, mounts);
    group_tree tree;
    for (const cgroup_place& place : places) {
        if (place.version == 2 && tree.use_v2(place.directory)) return tree;
    }
    for (const cgroup_place& place : places) {
        if (place.version == 1) tree.use_v1(place.directory, place.controllers);
    }
    return tree;
}

/// Controllers are handed on to groups below only by a group that has no processes itself (but the root). So when only we
/// are in ours, as a service of systemd is with Delegate=yes, we move into one below.
bool group_tree::use_v2(const std::string& directory) {
    const std::string available = read_text(directory + "/cgroup.controllers");
    std::string wanted;
    for (const char* one : {"memory", "cpu", "pids"}) {
        if (has_word(available, one)) wanted += (wanted.empty() ? "+" : " +") + std::string(one);
    }
    if (!has_word(available, "memory") && !has_word(available, "cpu")) return false;
    const std::string control = directory + "/cgroup.subtree_control";
    if (!write_text(control, wanted)) {
        const std::string own = directory + own_group;
        const std::string self = std::to_string(::getpid());
        if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) return false;
        const bool moved = write_text(own + "/cgroup.procs", self);
        if (!moved || !write_text(control, wanted)) {
            if (moved) write_text(directory + "/cgroup.procs", self);
            ::rmdir(own.c_str());
            return false;
        }
    }
    kind_ = group_kind::v2;
    memory_ = cpu_ = cpu_time_ = processes_ = directory;
    return true;
}

void group_tree::use_v1(const std::string& directory, std::string_view controllers) {
    if (!may_create_in(directory)) return;
    if (has_word(controllers, "memory")) memory_ = directory;
    if (has_word(controllers, "cpu")) cpu_ = directory;
    if (has_word(controllers, "cpuacct")) cpu_time_ = directory;
    if (has_word(controllers, "pids")) processes_ = directory;
    if (!memory_.empty() || !cpu_.empty()) kind_ = group_kind::v1;
}

group_state group_tree::placed(std::string name) const {
    const auto below = [&](const std::string& directory) {
        return directory.empty() ? std::string() : directory + '/' + name;
    };
    group_state group;
    group.kind = kind_;
    group.memory = below(memory_);
    group.cpu = below(cpu_);
    group.cpu_time = below(cpu_time_);
    group.processes = below(processes_);
    group.name = std::move(name);
    return group;
}

group_state group_tree::create(std::string name, group_limits limits) const {
    group_state group = placed(std::move(name));
    group.limits = limits;
    if (kind_ == group_kind::rlimits) return group;
    for (std::string* directory : {&group.memory, &group.cpu, &group.cpu_time, &group.processes})
        make(*directory, group);
    if (group.directories.empty()) {
        group.kind = group_kind::rlimits;
    } else {
        kind_ == group_kind::v2 ? limit_v2(group) : limit_v1(group);
    }
    return group;
}

std::vector<std::string> group_tree::names(std::string_view prefix) const {
    std::vector<std::string> found;
    for (const std::string& directory : {memory_, cpu_, cpu_time_, processes_}) {
        std::error_code failed;
        for (std::filesystem::directory_iterator at(directory, failed), end; !failed && at != end;
             at.increment(failed)) {
            std::string name = at->path().filename().string();
            if (name.starts_with(prefix) && at->is_directory(failed)) found.push_back(std::move(name));
        }
    }
    std::ranges::sort(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
    return found;
}

std::size_t group_tree::sweep(std::string_view prefix, const std::function<bool(std::string_view)>& is_left) const {
    if (kind_ == group_kind::rlimits || prefix.empty() || prefix.front() == '.') return 0;
    std::vector<group_state> left;
    for (std::string& name : names(prefix)) {
        if (is_left && !is_left(name)) continue;
        group_state group = placed(std::move(name));
        for (const std::string& directory : {group.memory, group.cpu, group.cpu_time, group.processes}) {
            if (!directory.empty() && std::ranges::find(group.directories, directory) == group.directories.end()) {
                group.directories.push_back(directory);
            }
        }
        left.push_back(std::move(group));
    }
    const std::size_t all = left.size();
    for (int step = 0; step < sweep_steps; ++step) {
        std::erase_if(left, [](const group_state& group) { return group.remove(); });
        if (left.empty()) break;
        ::poll(nullptr, 0, sweep_step_ms);
    }
    return all - left.size();
}

std::size_t group_tree::remove_empty(std::string_view prefix,
                                     const std::function<bool(std::string_view)>& is_left) const {
    std::size_t removed = 0;
    if (kind_ == group_kind::rlimits || prefix.empty() || prefix.front() == '.') return removed;
    for (const std::string& name : names(prefix)) {
        if (!is_left(name)) continue;
        bool any = false;
        for (const std::string& directory : {memory_, cpu_, cpu_time_, processes_})
            any = (!directory.empty() && ::rmdir((directory + '/' + name).c_str()) == 0) || any;
        removed += any ? 1 : 0;
    }
    return removed;
}

}  // namespace mote::process::detail
