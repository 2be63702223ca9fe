#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// Tells when one of some files, or a file below one of some directories, was written, made, moved or removed. One that is not
/// there counts when it comes.
class tree_watch {
public:
    explicit tree_watch(const boost::asio::any_io_executor& executor);

    /// These from now on. Throws `failure` for one that cannot be watched.
    void watch(std::vector<std::filesystem::path> roots);

    /// Returns when something has changed since the last call, or since it was first watched, and then nothing has for a moment:
    /// an editor writes several times, a compiler many files.
    boost::asio::awaitable<void> changed();

private:
    /// What counts in a directory: all, or what has one of these names.
    struct interest {
        bool all = false;
        std::set<std::string, std::less<>> names{};
    };

    void watch_all();
    void watch_way_to(const std::filesystem::path& root);
    interest* add(const std::filesystem::path& directory);
    bool take_events();
    bool counts(int directory, std::uint32_t what, std::string_view name) const;

    std::vector<std::filesystem::path> roots_;
    std::map<int, interest> watched_;  // by the number that inotify gave the directory
    boost::asio::posix::stream_descriptor events_;
};

}  // namespace mote::command
