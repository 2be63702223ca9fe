#pragma once

#include <string>
#include <string_view>

namespace mote::node::detail {

/// A directory for the socket of one process, which this node and the process's sandbox see. It lies in memory (`/dev/shm`), so
/// that whatever the process writes there counts as its memory. Removed with this object, whatever the process made of it.
class socket_directory {
public:
    /// Its name begins as `own_name` says. Throws `errc::not_supported` where there is no `/dev/shm` that can be written.
    explicit socket_directory(std::string_view node);
    socket_directory(const socket_directory&) = delete;
    socket_directory& operator=(const socket_directory&) = delete;
    ~socket_directory();

    const std::string& path() const noexcept { return path_; }

    /// Removes those of nodes that were killed: of this one, whichever process it was, and all whose process is gone.
    static void sweep(std::string_view node) noexcept;

private:
    std::string path_;
};

}  // namespace mote::node::detail
