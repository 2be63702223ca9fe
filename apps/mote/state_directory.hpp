#pragma once

#include <filesystem>
#include <string>

namespace mote::command {

/// `$XDG_STATE_HOME/mote`, else `~/.local/state/mote`. Throws `failure` where neither is known.
std::filesystem::path default_state_directory();

/// A directory for one server, locked: no second `mote` uses it at the same time. The lock is a file's, and who inherits its
/// descriptor holds it too: it is free when the last of them has ended.
class state_directory {
public:
    /// Makes the directory, only for its owner, where it is missing. Throws `failure`, also when another has it; it advises to
    /// name another one with `option`.
    explicit state_directory(const std::filesystem::path& path, std::string option = "--dir");
    state_directory(const state_directory&) = delete;
    state_directory& operator=(const state_directory&) = delete;
    ~state_directory();

    const std::filesystem::path& path() const noexcept { return path_; }
    int lock_descriptor() const noexcept { return lock_; }

private:
    void make() const;
    void lock();

    std::filesystem::path path_;
    std::string option_;
    int lock_ = -1;
};

}  // namespace mote::command
