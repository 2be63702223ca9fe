#include <apps/mote/replace_file.hpp>

#include <apps/mote/exit_code.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

failure cannot_write(const fs::path& path, int error) {
    return {exit_code::error, path.string() + ": cannot be written: " + std::strerror(error) + "; it is as it was"};
}

/// A file beside the one that it is to replace, removed again unless it did.
class new_file {
public:
    explicit new_file(const fs::path& target) : path_(target.string() + ".tmp-XXXXXX"), file_(::mkstemp(path_.data())) {
        if (file_ < 0) throw cannot_write(target, errno);
    }
    new_file(const new_file&) = delete;
    new_file& operator=(const new_file&) = delete;
    ~new_file() {
        if (file_ >= 0) ::close(file_);
        if (!path_.empty()) ::unlink(path_.c_str());
    }

    bool write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t part = ::write(file_, text.data(), text.size());
            if (part < 0 && errno == EINTR) continue;
            if (part < 0) return false;
            text.remove_prefix(static_cast<std::size_t>(part));
        }
        return ::fsync(file_) == 0;
    }
    /// The owner can only be kept by root.
    bool be_like(const struct stat& old) const {
        if (old.st_uid != ::geteuid() || old.st_gid != ::getegid())
            if (::fchown(file_, old.st_uid, old.st_gid) != 0 && ::geteuid() == 0) return false;
        return ::fchmod(file_, old.st_mode & 07777) == 0;
    }
    bool become(const fs::path& target) {
        if (::rename(path_.c_str(), target.c_str()) != 0) return false;
        path_.clear();
        return true;
    }

private:
    std::string path_;
    int file_;
};

/// So that the new name is there after the machine was switched off. Some file systems cannot; the file is whole anyway.
void sync_folder(const fs::path& folder) {
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return;
    ::fsync(opened);
    ::close(opened);
}

}  // namespace

void replace_file(const fs::path& path, std::string_view text) {
    std::error_code absent;
    const fs::path resolved = fs::canonical(path, absent);
    const fs::path target = absent ? path : resolved;
    new_file next(target);
    struct stat old{};
    const bool was_there = ::stat(target.c_str(), &old) == 0;
    const bool done = next.write(text) && (!was_there || next.be_like(old)) && next.become(target);
    if (!done) throw cannot_write(path, errno);
    sync_folder(target.parent_path());
}

}  // namespace mote::command
