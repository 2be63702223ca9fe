#include <fuzz/target.hpp>

#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/error.hpp>

#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

/// The input is an archive that is unpacked, and packed again when it may be.
namespace mote::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_bytes = 1 << 20;
constexpr std::size_t most_entries = 200;

/// Gone with all that is in it.
class scratch_directory {
public:
    scratch_directory() {
        auto name = (fs::temp_directory_path() / "mote-fuzz-XXXXXX").native();
        require(::mkdtemp(name.data()) != nullptr, "no directory to work in");
        path_ = name;
    }
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const noexcept { return path_; }

private:
    fs::path path_;
};

functions::bundle_limits small_limits() {
    functions::bundle_limits limits;
    limits.packed_bytes = most_bytes;
    limits.unpacked_bytes = most_bytes;
    limits.entries = most_entries;
    return limits;
}

bool is_below(const fs::path& path, const fs::path& root) {
    const auto relative = path.lexically_relative(root);
    return !relative.empty() && *relative.begin() != "..";
}

void check_files(const fs::path& root, const functions::bundle_size& size) {
    std::size_t entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        ++entries;
        struct stat status{};
        require(::lstat(entry.path().c_str(), &status) == 0, "an entry that is not there");
        require(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode),
                "neither file, directory nor link");
        if (S_ISLNK(status.st_mode)) {
            require(is_below(fs::weakly_canonical(entry.path()), root), "a link that leaves the bundle");
        } else {
            require((status.st_mode & (S_ISUID | S_ISGID | S_ISVTX | S_IWGRP | S_IWOTH)) == 0,
                    "a mode that is too wide");
        }
    }
    require(entries == size.entries && entries <= most_entries, "another number of entries");
    require(size.unpacked_bytes <= most_bytes, "more bytes than it may have");
}

/// What is packed of it can be unpacked, and gives the same bytes again.
void check_again(const fs::path& root, const fs::path& scratch, const functions::bundle_limits& limits) {
    functions::packed_bundle packed;
    try {
        functions::load_settings(root);
    } catch (const boost::system::system_error&) {
        return;
    }
    packed = functions::pack(root, scratch / "packed", limits);
    functions::unpack(scratch / "packed", scratch / "out/again", limits);
    require(functions::pack(scratch / "out/again", scratch / "packed", limits).digest == packed.digest,
            "packed to other bytes");
}

}  // namespace

int bundle_archive(const std::uint8_t* data, std::size_t size) {
    const scratch_directory scratch;
    const auto archive = scratch.path() / "archive";
    const auto out = scratch.path() / "out";
    fs::create_directory(out);
    std::ofstream(archive, std::ios::binary) << text_of(data, size);
    const auto limits = small_limits();
    functions::bundle_size unpacked;
    try {
        unpacked = functions::unpack(archive, out / "bundle", limits);
    } catch (const boost::system::system_error& refused) {
        require(refused.code() == functions::errc::bad_bundle, "refused for another reason");
        require(fs::is_empty(out), "something of a refused bundle stays");
        return 0;
    }
    const auto root = fs::canonical(out / "bundle");
    check_files(root, unpacked);
    check_again(root, fs::canonical(scratch.path()), limits);
    return 0;
}

}  // namespace mote::fuzz
