#include <mote/functions/bundle_archive.hpp>

#include <mote/functions/detail/archive_entries.hpp>
#include <mote/functions/detail/bundle_tree.hpp>
#include <mote/functions/detail/files.hpp>
#include <mote/functions/detail/limits.hpp>
#include <mote/functions/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace mote::functions {
namespace {

constexpr mode_t directory_mode = 0755;
constexpr mode_t program_mode = 0755;
constexpr mode_t file_mode = 0644;

/// Writes entries below a directory that nobody else has. No symbolic link is made before the last file is written, so no
/// write can go through one.
class unpacking {
public:
    unpacking(int root, const bundle_limits& limits)
        : root_(root), limits_(limits), tree_(limits), buffer_(detail::piece_size) {}

    void take(const detail::raw_entry& entry, detail::archive_entries& from) {
        const auto path = tree_.checked_path(entry.path);
        switch (entry.kind) {
            case detail::entry_kind::directory:
                tree_.add(path, detail::node_kind::directory);
                if (!path.empty()) make_directory(path);
                break;
            case detail::entry_kind::link: tree_.add(path, detail::node_kind::link, entry.target); break;
            case detail::entry_kind::hard_link: take_hard_link(path, entry); break;
            case detail::entry_kind::file:
                tree_.add(path, detail::node_kind::file);
                write_file(path, entry, from);
                break;
        }
    }

    void make_links() {
        tree_.check_links();
        tree_.for_each([this](std::string_view path, detail::node_kind kind, std::string_view target) {
            if (kind != detail::node_kind::link) return;
            const std::string name(path);
            const std::string to(target);
            make(name, [&] { return ::symlinkat(to.c_str(), root_, name.c_str()); });
        });
    }

    std::size_t entries() const noexcept { return tree_.size(); }
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    /// Makes an entry, after the directories above it where they are missing. What `create` returns.
    template <class Create>
    int make(const std::string& path, Create create) {
        int made = create();
        if (made < 0 && errno == ENOENT && path.find('/') != std::string::npos) {
            make_directory(path.substr(0, path.rfind('/')));
            made = create();
        }
        if (made < 0) detail::throw_errno("write", path);
        return made;
    }

    void make_directory(const std::string& path) {
        make(path, [&] {
            if (::mkdirat(root_, path.c_str(), directory_mode) != 0) return errno == EEXIST ? 0 : -1;
            return ::fchmodat(root_, path.c_str(), directory_mode, 0);
        });
    }

    void take_hard_link(const std::string& path, const detail::raw_entry& entry) {
        const auto target = tree_.checked_path(entry.target);
        if (!tree_.is_file(target)) detail::refuse_entry(entry.path, "a hard link to what is no file before it");
        tree_.add(path, detail::node_kind::file);
        make(path, [&] { return ::linkat(root_, target.c_str(), root_, path.c_str(), 0); });
    }

    void write_file(const std::string& path, const detail::raw_entry& entry, detail::archive_entries& from) {
        if (entry.size > limits_.unpacked_bytes) detail::check_unpacked(entry.size, limits_);
        detail::check_unpacked(bytes_ + entry.size, limits_);
        const detail::owned_fd file(make(path, [&] {
            return ::openat(root_, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                            S_IRUSR | S_IWUSR);
        }));
        std::uint64_t written = 0;
        while (const auto count = from.read(buffer_.data(), buffer_.size())) {
            written += count;
            if (written > entry.size) break;
            detail::write_all(file.get(), {buffer_.data(), count}, path);
        }
        if (written != entry.size) detail::refuse_entry(entry.path, "damaged: not of the size that it says");
        bytes_ += written;
        if (::fchmod(file.get(), entry.executable ? program_mode : file_mode) != 0) detail::throw_errno("write", path);
    }

    int root_;
    const bundle_limits& limits_;
    detail::bundle_tree tree_;
    std::vector<char> buffer_;
    std::uint64_t bytes_ = 0;
};

void check_free(const std::filesystem::path& into) {
    struct stat status{};
    if (::lstat(into.c_str(), &status) != 0 && errno == ENOENT) return;
    errno = EEXIST;
    detail::throw_errno("write", into.native());
}

}  // namespace

bundle_size unpack(const std::filesystem::path& archive, const std::filesystem::path& into, const bundle_limits& limits,
                   std::stop_token stop) {
    check_free(into);
    const detail::utf8_names names;
    detail::archive_entries entries(archive, limits, std::move(stop));
    detail::unfinished directory(detail::unfinished::kind::directory, into);
    unpacking work(directory.fd(), limits);
    detail::raw_entry entry;
    while (entries.next(entry)) work.take(entry, entries);
    if (work.entries() == 0) detail::refuse_entry(archive.native(), "nothing in it");
    work.make_links();
    if (::fchmod(directory.fd(), directory_mode) != 0) detail::throw_errno("write", into.native());
    directory.finish();
    bundle_size size;
    size.packed_bytes = entries.source().packed();
    size.unpacked_bytes = work.bytes();
    size.entries = work.entries();
    return size;
}

}  // namespace mote::functions
