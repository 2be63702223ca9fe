#include <mote/node/detail/socket_directory.hpp>

#include <mote/node/detail/own_names.hpp>
#include <mote/node/error.hpp>
#include <mote/process/sandbox.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mote::node::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* memory_directory = "/dev/shm";

struct directory_closer {
    void operator()(DIR* opened) const noexcept { ::closedir(opened); }
};
using open_directory = std::unique_ptr<DIR, directory_closer>;

/// Opens a directory that who made it may have closed to himself; it is open to its owner then. Null when it is none.
open_directory unlocked(int parent, const char* name) noexcept {
    const int place = ::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0) return nullptr;
    std::array<char, 32> self{};
    std::snprintf(self.data(), self.size(), "/proc/self/fd/%d", place);
    ::chmod(self.data(), 0700);  // not by its name, which may be a link by now
    const int readable = ::openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::close(place);
    open_directory opened(readable < 0 ? nullptr : ::fdopendir(readable));
    if (!opened && readable >= 0) ::close(readable);
    return opened;
}

/// Removes all in a directory that others filled. Each directory in it is moved to its top before it is emptied: so at most three
/// are open at a time, however deep they lie, and no path is longer than a name.
class emptier {
public:
    explicit emptier(DIR* top) noexcept : top_(top) {}

    /// False when something is left.
    bool run() noexcept {
        for (;;) {
            const auto before = steps_;
            bool is_empty = true;
            for_each(top_, [&](const char* name) {
                is_empty = false;
                remove(name);
            });
            if (is_empty) return true;
            if (steps_ == before || steps_ >= most_steps) return false;
        }
    }

private:
    static constexpr std::size_t most_steps = 4'000'000;  // somebody may still be filling it

    template <class Visit>
    void for_each(DIR* in, Visit visit) noexcept {
        ::rewinddir(in);
        while (steps_ < most_steps) {
            const dirent* const one = ::readdir(in);
            if (one == nullptr) return;
            const std::string_view name = one->d_name;
            if (name != "." && name != "..") visit(one->d_name);
        }
    }

    bool unlink(DIR* in, const char* name, int flags = 0) noexcept {
        const bool gone = ::unlinkat(::dirfd(in), name, flags) == 0;
        if (gone) ++steps_;
        return gone;
    }

    void remove(const char* name) noexcept {
        if (unlink(top_, name)) return;
        const auto inner = unlocked(::dirfd(top_), name);
        if (!inner) return;
        for_each(inner.get(), [&](const char* one) {
            if (!unlink(inner.get(), one)) move_up(inner.get(), one);
        });
        unlink(top_, name, AT_REMOVEDIR);
    }

    void move_up(DIR* from, const char* name) noexcept {
        const auto moved = unlocked(::dirfd(from), name);  // what cannot be written cannot be moved either
        if (!moved) return;
        std::array<char, 32> place{};
        do {
            std::snprintf(place.data(), place.size(), ".%zu", ++steps_);
        } while (steps_ < most_steps &&
                 ::renameat2(::dirfd(from), name, ::dirfd(top_), place.data(), RENAME_NOREPLACE) != 0 &&
                 errno == EEXIST);
    }

    DIR* top_;
    std::size_t steps_ = 0;
};

/// Whether it is gone.
bool remove_tree(const std::string& path) noexcept {
    if (::unlink(path.c_str()) == 0) return true;
    if (const auto top = unlocked(AT_FDCWD, path.c_str())) emptier(top.get()).run();
    return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
}

/// What could not be removed, such as for want of a descriptor: the next one that is made tries again.
class leftovers {
public:
    void add(std::string path) {
        const std::lock_guard lock(mutex_);
        paths_.push_back(std::move(path));
    }
    void retry() noexcept {
        const std::lock_guard lock(mutex_);
        std::erase_if(paths_, remove_tree);
    }

private:
    std::mutex mutex_;
    std::vector<std::string> paths_;
};

leftovers& left_behind() {
    static leftovers all;
    return all;
}

}  // namespace

socket_directory::socket_directory(std::string_view node)
    : path_(std::string(memory_directory) + '/' + own_name(node, "XXXXXX")) {
    left_behind().retry();
    if (::mkdtemp(path_.data()) == nullptr)
        throw_error(errc::not_supported,
                    "a unix socket in a sandbox: " + std::string(memory_directory) + ": " + std::strerror(errno));
    // Root's functions run as another user.
    const auto user = process::sandbox().host_user;
    if (::geteuid() != 0 || ::chown(path_.c_str(), user, user) == 0) return;
    const int failed = errno;
    ::rmdir(path_.c_str());
    throw_error(errc::not_supported, "a unix socket in a sandbox: " + path_ + ": " + std::strerror(failed));
}

socket_directory::~socket_directory() {
    if (remove_tree(path_)) return;
    try {
        left_behind().add(std::move(path_));
    } catch (const std::bad_alloc&) {
        // A sweep finds it by its name.
    }
}

void socket_directory::sweep(std::string_view node) noexcept try {
    const auto own = name_prefix(node);
    std::error_code failed;
    for (fs::directory_iterator at(memory_directory, failed), end; !failed && at != end; at.increment(failed)) {
        const auto name = at->path().filename().string();
        if (is_left(name) || (name.starts_with(own) && is_former(name))) remove_tree(at->path().string());
    }
} catch (const std::bad_alloc&) {
    return;
}

}  // namespace mote::node::detail
