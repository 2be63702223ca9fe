#include <apps/mote/dev/source_watch.hpp>

#include <apps/mote/exit_code.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::uint32_t source_changes =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR | IN_EXCL_UNLINK;
constexpr auto quiet = std::chrono::milliseconds(40);
constexpr auto longest_wait_for_quiet = std::chrono::seconds(1);
constexpr std::string_view cmake_cache = "CMakeCache.txt";

int new_source_inotify() {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) throw failure(exit_code::error, std::string("inotify: ") + std::strerror(errno));
    return fd;
}

std::string joined(const std::string& directory, const std::string& name) {
    return directory.empty() ? name : directory + "/" + name;
}

}  // namespace

source_watch::source_watch(const asio::any_io_executor& executor, fs::path root, path_rules rules)
    : root_(std::move(root)), rules_(std::move(rules)), events_(executor, new_source_inotify()) {
    enter("", nullptr);
}

void source_watch::use(path_rules rules) {
    rules_ = std::move(rules);
    enter("", nullptr);
}

asio::awaitable<std::set<std::string>> source_watch::changed() {
    std::set<std::string> found;
    while (found.empty()) {
        co_await events_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        const auto limit = std::chrono::steady_clock::now() + longest_wait_for_quiet;
        // What does not count must not make it wait: a program may write its log all the time.
        while (take(found) && std::chrono::steady_clock::now() < limit) {
            asio::steady_timer pause(events_.get_executor(), quiet);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }
    co_return found;
}

/// Watches a directory and those below it; watching one again changes nothing. Files that are there already go to `found`.
void source_watch::enter(const std::string& directory, std::set<std::string>* found) {
    if (!rules_.enters(directory) || is_build(directory)) return;
    const fs::path path = root_ / directory;
    const int watch = ::inotify_add_watch(events_.native_handle(), path.c_str(), source_changes);
    if (watch < 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return;
        const std::string reason = errno == ENOSPC
                                       ? "no more watches (fs.inotify.max_user_watches); raise it with sysctl, or name "
                                         "large directories in `ignore` of mote.json"
                                       : std::string(std::strerror(errno));
        throw failure(exit_code::error, path.string() + ": cannot be watched: " + reason);
    }
    directories_.insert_or_assign(watch, directory);
    std::error_code failed;
    for (fs::directory_iterator each(path, failed), end; !failed && each != end; each.increment(failed)) {
        std::error_code ignored;
        const std::string below = joined(directory, each->path().filename().string());
        if (each->is_directory(ignored) && !each->is_symlink(ignored))
            enter(below, found);
        else if (found != nullptr && rules_.counts(below))
            found->insert(below);
    }
}

bool source_watch::is_build(const std::string& directory) const {
    std::error_code ignored;
    return !directory.empty() && fs::exists(root_ / directory / cmake_cache, ignored);
}

/// Takes what the kernel has told; whether any of it is about a source.
bool source_watch::take(std::set<std::string>& found) {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    std::set<std::string> now;
    for (ssize_t size = 0; (size = ::read(events_.native_handle(), buffer.data(), buffer.size())) > 0;) {
        for (const char* at = buffer.data(); at < buffer.data() + size;) {
            inotify_event event{};
            std::memcpy(&event, at, sizeof event);
            const std::string name = event.len == 0 ? "" : at + sizeof event;
            take_one(event.wd, event.mask, name, now);
            at += sizeof event + event.len;
        }
    }
    found.insert(now.begin(), now.end());
    return !now.empty();
}

void source_watch::take_one(int watch, std::uint32_t what, const std::string& name, std::set<std::string>& found) {
    if ((what & IN_Q_OVERFLOW) != 0) return enter("", &found);
    const auto directory = directories_.find(watch);
    if (directory == directories_.end()) return;
    if ((what & IN_IGNORED) != 0) {
        directories_.erase(directory);
        return;
    }
    if (name.empty()) return;  // of the directory itself, which its parent tells, too
    const std::string path = joined(directory->second, name);
    if ((what & IN_ISDIR) != 0) {
        if ((what & (IN_CREATE | IN_MOVED_TO)) != 0) enter(path, &found);
        if ((what & IN_MOVED_FROM) != 0 && rules_.enters(path)) found.insert(path);
        return;
    }
    if (name == cmake_cache && !directory->second.empty()) {  // a build begins in what was a plain directory
        ::inotify_rm_watch(events_.native_handle(), watch);
        directories_.erase(directory);
        return;
    }
    if (rules_.counts(path)) found.insert(path);
}

}  // namespace mote::command
