#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <filesystem>
#include <vector>

namespace mote::command {

/// Tells when a file below some directories was written, made, moved or removed.
class tree_watch {
public:
    /// Throws `failure` for a directory that cannot be watched.
    tree_watch(const boost::asio::any_io_executor& executor, std::vector<std::filesystem::path> roots);

    /// Returns when something has changed since the last call, or since it was made, and then nothing has for a moment: an
    /// editor writes several times, a compiler many files.
    boost::asio::awaitable<void> changed();

private:
    void watch_all();
    void watch(const std::filesystem::path& path);
    bool forget();

    std::vector<std::filesystem::path> roots_;
    boost::asio::posix::stream_descriptor events_;
};

}  // namespace mote::command
