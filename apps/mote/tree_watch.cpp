#include <apps/mote/tree_watch.hpp>

#include <apps/mote/exit_code.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr auto quiet = std::chrono::milliseconds(200);
constexpr auto longest_wait_for_quiet = std::chrono::seconds(5);

int new_inotify() {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) throw failure(exit_code::error, std::string("inotify: ") + std::strerror(errno));
    return fd;
}

}  // namespace

tree_watch::tree_watch(const asio::any_io_executor& executor) : events_(executor, new_inotify()) {}

void tree_watch::watch(std::vector<fs::path> roots) {
    roots_.clear();
    for (auto& root : roots) {
        auto full = fs::absolute(root).lexically_normal();
        if (!full.has_filename()) full = full.parent_path();  // it ended with a slash
        roots_.push_back(std::move(full));
    }
    watch_all();
}

asio::awaitable<void> tree_watch::changed() {
    for (;;) {
        co_await events_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        if (take_events()) break;
    }
    const auto limit = std::chrono::steady_clock::now() + longest_wait_for_quiet;
    do {
        asio::steady_timer pause(events_.get_executor(), quiet);
        co_await pause.async_wait(asio::use_awaitable);
    } while (take_events() && std::chrono::steady_clock::now() < limit);
    // Before the caller reads the files, so that what comes into a new directory meanwhile is told as well.
    watch_all();
}

/// Watching one again changes nothing.
void tree_watch::watch_all() {
    const auto before = std::exchange(watched_, {});
    for (const auto& root : roots_) {
        watch_way_to(root);
        std::error_code ignored;
        if (!fs::is_directory(root, ignored)) continue;
        if (auto* const found = add(root)) found->all = true;
        for (fs::recursive_directory_iterator each(root, ignored), end; each != end; each.increment(ignored)) {
            if (!each->is_directory(ignored) || each->is_symlink(ignored)) continue;
            if (auto* const found = add(each->path())) found->all = true;
        }
    }
    for (const auto& [directory, unused] : before)
        if (!watched_.contains(directory)) ::inotify_rm_watch(events_.native_handle(), directory);
}

/// The directory that it is in; while there is none, the one that is nearest to it.
void tree_watch::watch_way_to(const fs::path& root) {
    for (fs::path here = root; here.has_relative_path(); here = here.parent_path()) {
        auto* const above = add(here.parent_path());
        if (above == nullptr) continue;
        above->names.insert(here.filename().string());
        return;
    }
}

/// Null where there is no such directory, or none that this user may read: it is told when that changes.
tree_watch::interest* tree_watch::add(const fs::path& directory) {
    const int number = ::inotify_add_watch(events_.native_handle(), directory.c_str(), changes);
    if (number >= 0) return &watched_[number];
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return nullptr;
    throw failure(exit_code::error, directory.string() + ": cannot be watched: " + std::strerror(errno));
}

/// Whether one of them counts.
bool tree_watch::take_events() {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    bool any = false;
    for (;;) {
        const auto count = ::read(events_.native_handle(), buffer.data(), buffer.size());
        if (count <= 0) return any;
        for (const char* at = buffer.data(); at < buffer.data() + count;) {
            const auto& told = *reinterpret_cast<const inotify_event*>(at);
            any = counts(told.wd, told.mask, told.len == 0 ? "" : told.name) || any;
            at += sizeof(inotify_event) + told.len;
        }
    }
}

bool tree_watch::counts(int directory, std::uint32_t what, std::string_view name) const {
    if ((what & IN_Q_OVERFLOW) != 0) return true;
    const auto found = watched_.find(directory);
    if (found == watched_.end()) return false;
    // When the directory itself went, what lies in it has, too.
    if ((what & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) return true;
    return found->second.all || found->second.names.contains(name);
}

}  // namespace mote::command
