#include <apps/mote/doctor/machine_checks.hpp>

#include <apps/mote/doctor/output_of.hpp>
#include <apps/mote/local_server.hpp>
#include <apps/mote/port.hpp>
#include <apps/mote/state_directory.hpp>
#include <apps/mote/text.hpp>

#include <mote/process/control_group.hpp>
#include <mote/process/sandbox.hpp>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = 1024 * 1024;

std::string size_text(std::uint64_t bytes) {
    const std::uint64_t megabytes = bytes / mebibyte;
    return megabytes >= 10 * 1024 ? std::to_string(megabytes / 1024) + " GiB" : std::to_string(megabytes) + " MiB";
}

/// The directory itself, or what of its path there is.
fs::path nearest_that_is_there(fs::path path) {
    std::error_code ignored;
    while (!path.empty() && path != path.root_path() && !fs::exists(path, ignored)) path = path.parent_path();
    return path;
}

std::string environment_word(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// Of the year in which this was written: a clock before it is one that was never set.
constexpr std::time_t long_ago = 1'735'689'600;

}  // namespace

finding check_server_program() {
    constexpr std::chrono::milliseconds patience(1500);
    const auto program = find_nats_server();
    if (!program)
        return made("nats-server", severity::warn,
                    "not in PATH, /usr/sbin or /usr/local/bin: `mote up` and `mote demo` need it",
                    "sudo apt-get install nats-server");
    const auto said = output_of(program->string(), {"--version"}, patience);
    if (!said)
        return made("nats-server", severity::warn, program->string() + " does not tell its version",
                    "sudo apt-get install --reinstall nats-server");
    return made("nats-server", severity::ok, program->string() + ", " + said->substr(0, said->find('\n')));
}

finding check_port(std::uint16_t port, const std::string& used_by, const std::string& instead) {
    const std::string where = "127.0.0.1:" + std::to_string(port);
    const std::string name = "port " + std::to_string(port);
    const int error = try_to_listen(port);
    if (error == 0) return made(name.c_str(), severity::ok, where + " is free for " + used_by);
    if (error == EACCES)
        return made(name.c_str(), severity::warn, where + ": this user may not listen there, so " + used_by + " cannot",
                    instead);
    if (error != EADDRINUSE)
        return made(name.c_str(), severity::warn, where + ": cannot be listened at: " + std::strerror(error), instead);
    const auto who = listener_at(port);
    const std::string taken = where + " is taken by " + who.value_or("a process of another user");
    const bool ours = who && (who->starts_with("mote ") || who->starts_with("nats-server "));
    if (ours) return made(name.c_str(), severity::ok, taken);
    return made(name.c_str(), severity::warn, taken + ", and " + used_by + " wants it", instead);
}

finding check_sandbox() {
    const auto& support = process::sandbox_available();
    if (support.works) return made("sandbox", severity::ok, support.text + " runs functions apart from all else");
    const bool missing = ::access("/usr/bin/bwrap", X_OK) != 0;
    return made("sandbox", severity::warn, "functions would see and do what you may: " + support.text,
                missing ? "sudo apt-get install bubblewrap" : "sudo sysctl kernel.unprivileged_userns_clone=1");
}

finding check_control_groups(std::string_view kind) {
    if (kind != "rlimits")
        return made("cgroups", severity::ok,
                    std::string(kind) + " holds the limits of memory, processors and processes");
    return made("cgroups", severity::warn,
                "no control group may be made here: limits of a function are those of each process alone",
                "systemd-run --user --scope -p Delegate=yes mote up");
}

finding check_open_files(std::uint64_t soft, std::uint64_t hard) {
    constexpr std::uint64_t enough = 4096;
    const auto text_of_limit = [](std::uint64_t limit) {
        return limit == RLIM_INFINITY ? std::string("no bound") : std::to_string(limit);
    };
    const std::string text = "a process may open " + text_of_limit(soft) + ", at most " + text_of_limit(hard);
    if (hard < enough)
        return made("open files", severity::warn, text + ": a gateway with many connections needs more",
                    "echo '* hard nofile 65536' | sudo tee /etc/security/limits.d/mote.conf, and log in again");
    return made("open files", severity::ok, text + "; `mote` asks for what it needs");
}

finding check_free_space(const fs::path& state, std::uint64_t bytes_free) {
    constexpr std::uint64_t too_little = 64 * mebibyte;
    constexpr std::uint64_t little = 1024 * mebibyte;
    const std::string text = size_text(bytes_free) + " free for " + state.string();
    if (bytes_free >= little) return made("disk", severity::ok, text);
    return made("disk", bytes_free < too_little ? severity::fail : severity::warn,
                text + ": JetStream stores messages there", "mote up --dir DIRECTORY");
}

finding check_disk(const fs::path& state) {
    const fs::path there = nearest_that_is_there(state);
    if (::access(there.c_str(), W_OK | X_OK) != 0)
        return made("disk", severity::fail, there.string() + ": cannot be written: " + std::strerror(errno),
                    "mote up --dir DIRECTORY");
    struct statvfs space{};
    if (::statvfs(there.c_str(), &space) != 0)
        return made("disk", severity::warn, there.string() + ": " + std::strerror(errno), "mote up --dir DIRECTORY");
    return check_free_space(state, static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize);
}

finding check_terminal() {
    const auto seen = look_at(STDOUT_FILENO, color_mode::automatic);
    const std::string term = environment_word("TERM");
    if (!seen.utf8)
        return made("terminal", severity::warn,
                    "the locale is not UTF-8: names of services are cut with dots, and some cannot be shown",
                    "export LANG=C.UTF-8");
    if (seen.interactive && (term.empty() || term == "dumb"))
        return made("terminal", severity::warn, "TERM=" + term + ": no colours, and nothing is drawn in place",
                    "export TERM=xterm-256color");
    const std::string what = seen.interactive ? "a terminal of " + std::to_string(seen.width) + " columns"
                                              : "no terminal: output is for programs";
    return made("terminal", severity::ok, what + ", UTF-8" + (seen.colour ? ", colours" : ""));
}

finding check_clock() {
    if (std::time(nullptr) < long_ago)
        return made("clock", severity::fail, "it was never set: no certificate and no JWT is valid yet",
                    "sudo timedatectl set-ntp true");
    timex kernel{};
    if (::adjtimex(&kernel) == TIME_ERROR)
        return made("clock", severity::warn, "nothing keeps it right, says the kernel: times of machines will differ",
                    "sudo timedatectl set-ntp true");
    return made("clock", severity::ok, "kept right, says the kernel");
}

std::vector<machine_check> machine_checks() {
    const auto one = [](finding found) { return std::vector{std::move(found)}; };
    return {
        {"nats-server", [one] { return one(check_server_program()); }},
        {"port 4222", [one] { return one(check_port(4222, "the NATS server of `mote up`", "mote up --port 4223")); }},
        {"port 8080", [one] { return one(check_port(8080, "the gateway", "mote up --http-port 8090")); }},
        {"port 8082",
         [one] {
             return one(
                 check_port(8082, "the metrics of `mote gateway`", "mote gateway --operate-listen 127.0.0.1:8092"));
         }},
        {"sandbox", [one] { return one(check_sandbox()); }},
        {"cgroups", [one] { return one(check_control_groups(process::control_group_kind())); }},
        {"open files",
         [one] {
             rlimit limit{};
             ::getrlimit(RLIMIT_NOFILE, &limit);
             return one(check_open_files(limit.rlim_cur, limit.rlim_max));
         }},
        {"disk", [one] { return one(check_disk(default_state_directory())); }},
        {"terminal", [one] { return one(check_terminal()); }},
        {"clock", [one] { return one(check_clock()); }},
    };
}

}  // namespace mote::command
