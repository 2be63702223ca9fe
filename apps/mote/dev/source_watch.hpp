#pragma once

#include <apps/mote/dev/path_rules.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace mote::command {

/// Tells which sources of a project were written, made, moved or removed. Directories that have a CMakeCache.txt are builds,
/// and not looked into.
class source_watch {
public:
    /// Throws `failure`, also when the kernel allows no more watches.
    source_watch(const boost::asio::any_io_executor& executor, std::filesystem::path root, path_rules rules);

    void use(path_rules rules);
    /// Returns when a source has changed since the last call, and then nothing has for 40 ms (at most 1 s in all): an editor
    /// writes several times. Paths are relative to the root. One call at a time.
    boost::asio::awaitable<std::set<std::string>> changed();

private:
    void enter(const std::string& directory, std::set<std::string>* found);
    bool is_build(const std::string& directory) const;
    bool take(std::set<std::string>& found);
    void take_one(int watch, std::uint32_t what, const std::string& name, std::set<std::string>& found);

    std::filesystem::path root_;
    path_rules rules_;
    boost::asio::posix::stream_descriptor events_;
    std::map<int, std::string> directories_;  // by the kernel's number of the watch; the root is empty
};

}  // namespace mote::command
