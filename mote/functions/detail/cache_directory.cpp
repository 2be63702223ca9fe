#include <mote/functions/detail/cache_directory.hpp>

#include <mote/functions/detail/files.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace mote::functions::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_file = ".lock";

std::optional<bundle_digest> digest_of(const std::string& name) {
    try {
        auto digest = bundle_digest::parse(name);
        if (digest.hex == name) return digest;
    } catch (const boost::system::system_error&) {
    }
    return std::nullopt;
}

/// Of files, each once.
std::uint64_t bytes_of(const fs::path& root) {
    std::uint64_t bytes = 0;
    std::set<ino_t> seen;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        struct stat status{};
        if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
        if (status.st_nlink == 1 || seen.insert(status.st_ino).second)
            bytes += static_cast<std::uint64_t>(status.st_size);
    }
    return bytes;
}

}  // namespace

cache_directory::cache_directory(fs::path path) : path_(std::move(path)) {
    std::error_code failed;
    fs::create_directories(path_, failed);
    if (failed) {
        errno = failed.value();
        throw_errno("make", path_.native());
    }
    lock_ = owned_fd(::open((path_ / lock_file).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (!lock_) throw_errno("write", (path_ / lock_file).native());
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) throw_errno("lock", path_.native());
}

std::vector<kept_bundle> cache_directory::clean() const {
    std::vector<kept_bundle> kept;
    try {
        std::vector<fs::path> rest;
        for (const auto& entry : fs::directory_iterator(path_)) {
            const auto digest = digest_of(entry.path().filename().native());
            if (digest && entry.symlink_status().type() == fs::file_type::directory) {
                auto& bundle = kept.emplace_back();
                bundle.digest = *digest;
                bundle.bytes = bytes_of(entry.path());
                bundle.used = entry.last_write_time();
            } else if (entry.path().filename() != lock_file) {
                rest.push_back(entry.path());
            }
        }
        for (const auto& path : rest) fs::remove_all(path);
    } catch (const fs::filesystem_error& error) {
        errno = error.code().value();
        throw_errno("read", path_.native());
    }
    std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
    return kept;
}

void cache_directory::touch(const bundle_digest& digest) const noexcept {
    ::utimensat(AT_FDCWD, root_of(digest).c_str(), nullptr, 0);
}

fs::path cache_directory::set_aside(const bundle_digest& digest) const {
    auto pattern = (path_ / ('.' + digest.hex + ".XXXXXX")).native();
    if (::mkdtemp(pattern.data()) == nullptr) return {};
    if (::rename(root_of(digest).c_str(), pattern.c_str()) == 0) return pattern;
    ::rmdir(pattern.c_str());
    return {};
}

}  // namespace mote::functions::detail
