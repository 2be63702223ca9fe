// Who listens at a port, as /proc tells it.

#include <apps/mote/doctor/machine_checks.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view listening = "0A";

/// Takes part of a line of /proc/net/tcp: `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode`.
std::optional<std::string> inode_in(const std::string& line, std::uint16_t port) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmit, uid, timeout, inode;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmit >> uid >> timeout >> inode;
    const auto colon = local.rfind(':');
    if (state != listening || colon == std::string::npos) return std::nullopt;
    unsigned own = 0;
    std::from_chars(local.data() + colon + 1, local.data() + local.size(), own, 16);
    return own == port ? std::optional(inode) : std::nullopt;
}

std::vector<std::string> inodes_at(std::uint16_t port) {
    std::vector<std::string> inodes;
    for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream lines(table);
        for (std::string line; std::getline(lines, line);)
            if (auto inode = inode_in(line, port)) inodes.push_back("socket:[" + *inode + "]");
    }
    return inodes;
}

bool has_open(const fs::path& process, const std::vector<std::string>& sockets) {
    std::error_code failed;
    for (fs::directory_iterator at(process / "fd", failed), end; !failed && at != end; at.increment(failed)) {
        std::error_code gone;
        const std::string target = fs::read_symlink(at->path(), gone).string();
        if (!gone && std::ranges::find(sockets, target) != sockets.end()) return true;
    }
    return false;
}

std::string name_of_process(const fs::path& process) {
    std::string name;
    std::ifstream(process / "comm") >> name;
    return name.empty() ? "a process" : name;
}

}  // namespace

std::optional<std::string> listener_at(std::uint16_t port) {
    const auto sockets = inodes_at(port);
    if (sockets.empty()) return std::nullopt;
    std::error_code failed;
    for (fs::directory_iterator at("/proc", failed), end; !failed && at != end; at.increment(failed)) {
        const std::string id = at->path().filename().string();
        const bool is_process = id.find_first_not_of("0123456789") == std::string::npos;
        if (is_process && has_open(at->path(), sockets)) return name_of_process(at->path()) + " (process " + id + ")";
    }
    return std::nullopt;
}

}  // namespace mote::command
