#pragma once

#include <filesystem>

namespace mote::command {

/// Keeps a second `mote dev` out of a project: a lock of the kernel on the directory itself, which leaves no file behind and
/// is free when this process has ended, however that ended. Where the file system has no such locks nothing is kept out.
class directory_lock {
public:
    /// Throws `failure`: no such directory, or another process has it.
    explicit directory_lock(const std::filesystem::path& directory);
    directory_lock(const directory_lock&) = delete;
    directory_lock& operator=(const directory_lock&) = delete;
    ~directory_lock();

private:
    int directory_ = -1;
};

}  // namespace mote::command
