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

constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB;
constexpr auto quiet = std::chrono::milliseconds(200);
constexpr auto longest_wait_for_quiet = std::chrono::seconds(5);

int new_inotify() {
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) throw failure(exit_code::error, std::string("inotify: ") + std::strerror(errno));
    return fd;
}

}  // namespace

tree_watch::tree_watch(const asio::any_io_executor& executor, std::vector<fs::path> roots)
    : roots_(std::move(roots)), events_(executor, new_inotify()) {
    watch_all();
}

asio::awaitable<void> tree_watch::changed() {
    co_await events_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    const auto limit = std::chrono::steady_clock::now() + longest_wait_for_quiet;
    while (forget() && std::chrono::steady_clock::now() < limit) {
        asio::steady_timer pause(events_.get_executor(), quiet);
        co_await pause.async_wait(asio::use_awaitable);
    }
    // Before the caller reads the files, so that what comes into a new directory meanwhile is told as well.
    watch_all();
}

/// Watching one again changes nothing.
void tree_watch::watch_all() {
    for (const auto& root : roots_) {
        watch(root);
        std::error_code ignored;
        if (!fs::is_directory(root, ignored)) continue;
        for (fs::recursive_directory_iterator each(root, ignored), end; each != end; each.increment(ignored))
            if (each->is_directory(ignored) && !each->is_symlink(ignored)) watch(each->path());
    }
}

void tree_watch::watch(const fs::path& path) {
    if (::inotify_add_watch(events_.native_handle(), path.c_str(), changes) >= 0 || errno == ENOENT) return;
    throw failure(exit_code::error, path.string() + ": cannot be watched: " + std::strerror(errno));
}

/// Takes what was told; whether that was something.
bool tree_watch::forget() {
    std::array<char, 4096> unused;
    bool any = false;
    while (::read(events_.native_handle(), unused.data(), unused.size()) > 0) any = true;
    return any;
}

}  // namespace mote::command
