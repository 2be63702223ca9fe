#pragma once

#include <mote/functions/bundle_digest.hpp>
#include <mote/functions/detail/owned_fd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace mote::functions::detail {

/// A bundle that an earlier process left whole.
struct kept_bundle {
    bundle_digest digest{};
    std::uint64_t bytes = 0;
    std::filesystem::file_time_type used{};
};

/// The directory of a cache: `<hex>` for each whole bundle, `.lock`, and hidden names for what is under way. Blocks.
class cache_directory {
public:
    /// Makes it where it is not there, and takes it. Throws `boost::system::system_error`; when another has it: `EWOULDBLOCK`.
    explicit cache_directory(std::filesystem::path path);

    std::filesystem::path root_of(const bundle_digest& digest) const { return path_ / digest.hex; }
    /// For the archive that is downloaded.
    std::filesystem::path archive_of(const bundle_digest& digest) const {
        return path_ / ('.' + digest.hex + ".tar.gz");
    }

    /// The whole ones, those used last at the end; deletes all else.
    std::vector<kept_bundle> clean() const;
    /// Remembers that a bundle is used now.
    void touch(const bundle_digest& digest) const noexcept;
    /// Takes a bundle out of the way, to be deleted later, under the name that is returned. Empty when that failed.
    std::filesystem::path set_aside(const bundle_digest& digest) const;

private:
    std::filesystem::path path_;
    owned_fd lock_;
};

}  // namespace mote::functions::detail
