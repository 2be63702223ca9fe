#include <mote/process/detail/start.hpp>

#include <mote/process/control_group.hpp>
#include <mote/process/detail/find_program.hpp>
#include <mote/process/detail/group_state.hpp>
#include <mote/process/detail/interpreter.hpp>
#include <mote/process/detail/launch.hpp>
#include <mote/process/detail/packet_socket.hpp>
#include <mote/process/detail/sandbox_plan.hpp>
#include <mote/process/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <system_error>

namespace mote::process::detail {
namespace {

bool has_nul(const std::string& text) noexcept { return text.find('\0') != std::string::npos; }

std::string text_of(int error) { return std::generic_category().message(error); }

/// All that a plan points to.
struct material {
    std::string path;
    std::vector<std::string> variables;
    std::vector<char*> argv, envp;
    std::vector<int> sources, scratch;
    std::vector<resource_limit> limits;
    std::vector<descriptor> contents;
    std::vector<staged_mount> mounts;
};

std::string find(const command& what) {
    if (what.program.find('/') != std::string::npos) return what.program;
    auto found = find_in_path(what.program, path_of(what.environment), is_program);
    if (found) return *std::move(found);
    const auto look = [](const std::string& path) {
        std::error_code ignored;
        if (is_program(path)) return found_file::program;
        return std::filesystem::is_regular_file(path, ignored) ? found_file::not_runnable : found_file::none;
    };
    const auto why = wrong_name(what.program, what.directory, look);
    throw_error(errc::program_not_found, what.program + (why.empty() ? "" : ": " + why));
}

/// As much of it as this process may set: what is past its own hard limit is limited by that one.
void add_limit(std::vector<resource_limit>& to, int resource, std::uint64_t soft, std::uint64_t hard) {
    rlimit ours{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &ours);
    const rlim_t most = std::min<rlim_t>(hard, ours.rlim_max);
    to.push_back({.resource = resource, .value = {.rlim_cur = std::min<rlim_t>(soft, most), .rlim_max = most}});
}

std::vector<resource_limit> limits_of(const command& what) {
    limits wanted = what.limits;
    if (what.group != nullptr) {
        // What no control group holds, rlimits have to.
        const group_state& group = *state_of(*what.group);
        if (!group.limits_memory() && !wanted.memory) wanted.memory = what.group->limits().memory;
        if (!group.limits_processes() && !wanted.processes) wanted.processes = what.group->limits().processes;
    }
    std::vector<resource_limit> result;
    const auto add = [&](int resource, std::optional<std::uint64_t> most) {
        if (most) add_limit(result, resource, *most, *most);
    };
    add(RLIMIT_CORE, 0);
    if (wanted.open_files) add(RLIMIT_NOFILE, std::max<std::uint64_t>(*wanted.open_files, 3));
    add(RLIMIT_NPROC, wanted.processes);
    add(RLIMIT_DATA, wanted.memory);
    add(RLIMIT_FSIZE, wanted.file_size);
    if (wanted.cpu_seconds) {
        const auto soft = std::min<std::uint64_t>(*wanted.cpu_seconds, RLIM_INFINITY - 1);
        add_limit(result, RLIMIT_CPU, soft, soft + 1);
    }
    return result;
}

/// One keyring for all our sandboxes, as a user may have 200 keys: nothing is kept in it. Nobody else knows its name.
const std::string& sandbox_keyring() {
    static const std::string name = [] {
        std::random_device random;
        std::string made = "mote";
        for (int part = 0; part < 4; ++part) made += '.' + std::to_string(std::uint32_t{random()});
        return made;
    }();
    return name;
}

void add_sandbox(const sandbox_plan& from, material& to, launch_plan& plan) {
    plan.keyring = sandbox_keyring().c_str();
    for (const std::string& content : from.contents) {
        to.contents.push_back(file_of(content));
        if (!to.contents.back()) throw_error(errc::cannot_start, "a file in memory: " + text_of(errno));
        to.sources.push_back(to.contents.back().get());
    }
    if (from.stage.empty()) return;
    for (const sandbox_plan::mount& one : from.mounts) {
        to.mounts.push_back({.source = one.source.c_str(), .target = one.target.c_str(), .directory = one.directory});
    }
    plan.stage = from.stage.c_str();
    plan.mounts = to.mounts.data();
    plan.mount_count = to.mounts.size();
    plan.change_user = true;
    plan.user = from.user;
}

/// A program that is there may want another one that is not.
std::string why_not_found(const command& what) {
    const auto from = std::filesystem::path(what.directory.empty() ? "/" : what.directory);
    const auto path = (from / find(what)).string();
    if (!is_program(path)) return {};
    const auto exists = [&from](const std::string& one) { return is_program((from / one).string()); };
    const auto why = missing_interpreter(path, exists);
    return why.empty() ? ": the loader that it asks for" : ": " + why;
}

[[noreturn]] void refuse(const command& what, const launched& failed) {
    if (failed.step == launch_step::program && (failed.error == ENOENT || failed.error == ENOTDIR)) {
        throw_error(errc::program_not_found, what.program + why_not_found(what));
    }
    if (failed.step == launch_step::clone && failed.error == EAGAIN)
        throw_error(errc::too_many_processes, text_of(failed.error));
    std::string text(name_of(failed.step));
    if (failed.step == launch_step::directory) text += ' ' + what.directory;
    if (failed.step == launch_step::program) text += ' ' + what.program;
    throw_error(errc::cannot_start, text + ": " + text_of(failed.error));
}

}  // namespace

int null_device() {
    static const descriptor device(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!device) throw_error(errc::cannot_start, "/dev/null cannot be opened");
    return device.get();
}

void check_command(const command& what) {
    if (what.program.empty()) throw_error(errc::bad_command, "no program");
    if (has_nul(what.program)) throw_error(errc::bad_command, "a program with a NUL");
    if (has_nul(what.directory)) throw_error(errc::bad_command, "a directory with a NUL");
    if (std::ranges::any_of(what.arguments, has_nul)) throw_error(errc::bad_command, "an argument with a NUL");
    for (const auto& [name, value] : what.environment) {
        // The value may be a secret: only the name is told.
        if (name.empty() || has_nul(name) || name.find('=') != std::string::npos) {
            throw_error(errc::bad_command, "a variable without a name that can be one");
        }
        if (has_nul(value)) throw_error(errc::bad_command, "a variable with a NUL: " + name);
    }
    if (what.input == stream::merge || what.output == stream::merge) {
        throw_error(errc::bad_command, "only stderr can be merged");
    }
}

started start_process(const command& what, std::array<int, 3> streams) {
    check_command(what);
    material all;
    launch_plan plan;
    all.path = find(what);
    plan.path = all.path.c_str();

    all.argv.push_back(const_cast<char*>(what.program.c_str()));
    for (const std::string& argument : what.arguments) all.argv.push_back(const_cast<char*>(argument.c_str()));
    all.argv.push_back(nullptr);
    plan.argv = all.argv.data();

    all.variables.reserve(what.environment.size());
    for (const auto& [name, value] : what.environment) {
        all.variables.push_back(name + '=' + value);
        all.envp.push_back(all.variables.back().data());
    }
    all.envp.push_back(nullptr);
    plan.envp = all.envp.data();
    plan.directory = what.directory.empty() ? "/" : what.directory.c_str();

    all.sources.assign(streams.begin(), streams.end());
    all.sources.insert(all.sources.end(), what.descriptors.begin(), what.descriptors.end());
    if (what.plan) add_sandbox(*what.plan, all, plan);
    all.scratch.resize(all.sources.size());
    plan.sources = all.sources.data();
    plan.scratch = all.scratch.data();
    plan.source_count = all.sources.size();

    all.limits = limits_of(what);
    plan.limits = all.limits.data();
    plan.limit_count = all.limits.size();
    if (what.group != nullptr) {
        const std::vector<int>& files = state_of(*what.group)->entrances();
        plan.group_files = files.data();
        plan.group_count = files.size();
        plan.birth_group = state_of(*what.group)->birth.get();
    }

    const launched result = launch(plan);
    if (result.pid < 0) refuse(what, result);
    return {.pid = result.pid, .pidfd = descriptor(result.pidfd)};
}

}  // namespace mote::process::detail
