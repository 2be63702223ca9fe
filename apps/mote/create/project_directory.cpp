#include <apps/mote/create/project_directory.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

failure cannot_write(const fs::path& path, int error) {
    return {exit_code::error, printable(path.string()) + ": cannot be made: " + std::strerror(error) +
                                  "; nothing was left behind, name another directory with --dir"};
}

/// While it lives the signals that a terminal sends wait.
class signals_wait {
public:
    signals_wait() {
        sigset_t held;
        sigemptyset(&held);
        for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&held, each);
        pthread_sigmask(SIG_BLOCK, &held, &before_);
    }
    ~signals_wait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_wait(const signals_wait&) = delete;
    signals_wait& operator=(const signals_wait&) = delete;

private:
    sigset_t before_{};
};

/// Makes directories and files, and takes them away again unless they are kept.
class new_paths {
public:
    new_paths() = default;
    new_paths(const new_paths&) = delete;
    new_paths& operator=(const new_paths&) = delete;
    ~new_paths() {
        for (auto each = made_.rbegin(); each != made_.rend(); ++each) ::remove(each->c_str());
    }

    /// With all that are above it; those that are there stay as they are.
    void make_directory(const fs::path& path) {
        std::error_code ignored;
        if (path.empty() || fs::is_directory(path, ignored)) return;
        make_directory(path.parent_path());
        if (::mkdir(path.c_str(), 0777) != 0) throw cannot_write(path, errno);
        made_.push_back(path);
    }

    void make_file(const fs::path& path, std::string_view text) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0) throw cannot_write(path, errno);
        made_.push_back(path);
        int error = 0;
        while (error == 0 && !text.empty()) {
            const ssize_t written = ::write(file, text.data(), text.size());
            if (written >= 0)
                text.remove_prefix(static_cast<std::size_t>(written));
            else if (errno != EINTR)
                error = errno;
        }
        if (::close(file) != 0 && error == 0) error = errno;
        if (error != 0) throw cannot_write(path, error);
    }

    void keep() { made_.clear(); }

private:
    std::vector<fs::path> made_;
};

void refuse_what_is_there(const fs::path& directory) {
    std::error_code failed;
    const fs::file_status found = fs::status(directory, failed);
    if (!fs::exists(found)) return;
    if (!fs::is_directory(found))
        throw failure(exit_code::error, printable(directory.string()) +
                                            ": is there already, and no directory; choose another NAME, or name a "
                                            "directory with --dir");
    std::vector<std::string> names;
    for (fs::directory_iterator each(directory, failed), end; !failed && each != end; each.increment(failed))
        names.push_back(printable(each->path().filename().string()));
    if (failed)
        throw failure(exit_code::error, printable(directory.string()) + ": cannot be read: " + failed.message() +
                                            "; name another directory with --dir");
    if (names.empty()) return;
    std::ranges::sort(names);
    throw failure(exit_code::error, printable(directory.string()) + ": is not empty, it has " + listed(names, 3) +
                                        "; choose another NAME, or name another directory with --dir");
}

}  // namespace

void write_project(const fs::path& directory, const project_files& files) {
    refuse_what_is_there(directory);
    const signals_wait until_done;
    new_paths made;
    const fs::path root = fs::absolute(directory).lexically_normal();
    made.make_directory(root.has_filename() ? root : root.parent_path());
    for (const auto& [path, text] : files) {
        made.make_directory((root / path).parent_path());
        made.make_file(root / path, text);
    }
    made.keep();
}

}  // namespace mote::command
