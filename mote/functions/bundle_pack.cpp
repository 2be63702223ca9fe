#include <mote/functions/bundle_archive.hpp>

#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/detail/archive_entries.hpp>
#include <mote/functions/detail/archive_writer.hpp>
#include <mote/functions/detail/bundle_tree.hpp>
#include <mote/functions/detail/files.hpp>
#include <mote/functions/detail/limits.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/watchdog_settings.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <vector>

namespace mote::functions {
namespace {

namespace fs = std::filesystem;

/// `failed` is what reading a directory or a link ended with.
void check_read(const std::error_code& failed, const fs::path& path) {
    if (!failed) return;
    errno = failed.value();
    detail::throw_errno("read", path.native());
}

/// What a directory has in it, by the rules of bundles.
detail::bundle_tree collect(const fs::path& directory, const bundle_limits& limits, const std::stop_token& stop) {
    detail::bundle_tree tree(limits);
    std::error_code failed;
    fs::recursive_directory_iterator each(directory, failed);
    check_read(failed, directory);
    for (auto last = directory; each != fs::recursive_directory_iterator();
         each.increment(failed), check_read(failed, last)) {
        detail::check_stop(stop);
        last = each->path();
        const auto path = tree.checked_path(last.lexically_relative(directory).native());
        const auto status = each->symlink_status(failed);
        check_read(failed, last);
        switch (status.type()) {
            case fs::file_type::directory: tree.add(path, detail::node_kind::directory); break;
            case fs::file_type::regular: tree.add(path, detail::node_kind::file); break;
            case fs::file_type::symlink: {
                const auto target = fs::read_symlink(last, failed);
                check_read(failed, last);
                tree.add(path, detail::node_kind::link, target.native());
                break;
            }
            default: detail::refuse_entry(path, "neither a file, a directory nor a link");
        }
    }
    if (tree.size() == 0) detail::refuse_entry(directory.native(), "nothing in it");
    tree.check_links();
    return tree;
}

/// Puts the content of files into an archive, within the limits.
class packing {
public:
    packing(const fs::path& directory, detail::archive_writer& writer, const bundle_limits& limits,
            const std::stop_token& stop)
        : directory_(directory), writer_(writer), limits_(limits), stop_(stop), buffer_(detail::piece_size) {}

    void take(std::string_view path, detail::node_kind kind, std::string_view target) {
        detail::check_stop(stop_);
        switch (kind) {
            case detail::node_kind::directory: writer_.directory(path); break;
            case detail::node_kind::link: writer_.link(path, target); break;
            case detail::node_kind::file: take_file(path); break;
        }
    }

    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    void take_file(std::string_view path) {
        const auto file = directory_ / path;
        const auto fd = detail::open_file(file);
        struct stat status{};
        if (::fstat(fd.get(), &status) != 0) detail::throw_errno("read", file.native());
        if (!S_ISREG(status.st_mode)) detail::refuse_entry(path, "changed while it was packed");
        const auto size = static_cast<std::uint64_t>(status.st_size);
        bytes_ += size;
        detail::check_unpacked(bytes_, limits_);
        writer_.file(path, size, (status.st_mode & S_IXUSR) != 0);
        std::uint64_t read = 0;
        while (const auto count = detail::read_some(fd.get(), buffer_.data(), buffer_.size(), file)) {
            detail::check_stop(stop_);
            read += count;
            if (read > size) break;
            writer_.content({buffer_.data(), count});
        }
        if (read != size) detail::refuse_entry(path, "changed while it was packed");
    }

    const fs::path& directory_;
    detail::archive_writer& writer_;
    const bundle_limits& limits_;
    const std::stop_token& stop_;
    std::vector<char> buffer_;
    std::uint64_t bytes_ = 0;
};

/// Refuses those that no node could read, or with which none could start anything.
void check_settings(const fs::path& directory) {
    const auto settings = load_settings(directory);
    try {
        check_watchdog_settings(settings);
    } catch (const boost::system::system_error& wrong) {
        throw_error(errc::bad_bundle, std::string(settings_file) + ": " + detail_of(wrong));
    }
}

packed_bundle pack_directory(const fs::path& directory, const fs::path& archive, const bundle_limits& limits,
                             const std::stop_token& stop) {
    const auto tree = collect(directory, limits, stop);
    check_settings(directory);
    const detail::utf8_names names;
    detail::unfinished file(detail::unfinished::kind::file, archive);
    detail::archive_writer writer(file.fd(), archive, limits);
    packing work(directory, writer, limits, stop);
    tree.for_each(
        [&](std::string_view path, detail::node_kind kind, std::string_view target) { work.take(path, kind, target); });
    packed_bundle packed;
    packed.digest = writer.finish();
    packed.size.packed_bytes = writer.packed();
    packed.size.unpacked_bytes = work.bytes();
    packed.size.entries = tree.size();
    file.finish();
    return packed;
}

}  // namespace

packed_bundle pack(const fs::path& from, const fs::path& archive, const bundle_limits& limits, std::stop_token stop) {
    std::error_code failed;
    const auto found = fs::canonical(from, failed);  // where a link leads that the caller names
    check_read(failed, from);
    if (fs::is_directory(found, failed)) return pack_directory(found, archive, limits, stop);
    const detail::unfinished scratch(detail::unfinished::kind::directory, archive);
    unpack(found, scratch.path() / "root", limits, stop);
    return pack_directory(scratch.path() / "root", archive, limits, stop);
}

}  // namespace mote::functions
