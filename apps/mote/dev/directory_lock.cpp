#include <apps/mote/dev/directory_lock.hpp>

#include <apps/mote/exit_code.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::command {
namespace {

/// The process that has a lock on this file, as the kernel tells it; empty where it does not.
std::string owner_of(int file) {
    struct stat about{};
    if (::fstat(file, &about) != 0) return {};
    const std::string inode = ":" + std::to_string(about.st_ino);
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
        std::istringstream words(line);
        std::string number, kind, strength, access, process, place;
        words >> number >> kind >> strength >> access >> process >> place;
        if (kind == "FLOCK" && place.ends_with(inode)) return process;
    }
    return {};
}

}  // namespace

directory_lock::directory_lock(const std::filesystem::path& directory) {
    directory_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0)
        throw failure(exit_code::usage, directory.string() + ": " + std::strerror(errno) +
                                            "; `mote dev` takes the directory of a project");
    if (::flock(directory_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    const std::string owner = owner_of(directory_);
    ::close(directory_);
    throw failure(exit_code::error, directory.string() + ": another `mote dev` runs here" +
                                        (owner.empty() ? "" : " (process " + owner + ")") + "; end that one first");
}

directory_lock::~directory_lock() { ::close(directory_); }

}  // namespace mote::command
