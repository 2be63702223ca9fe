#pragma once

#include <mote/functions/bundle_archive.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>

namespace mote::functions::detail {

/// The bytes of a tar, out of a file that is one or a tar.gz: the limits of a bundle hold while it is read, and the checksum
/// and the length that gzip keeps are checked, too.
class tar_source {
public:
    /// Throws `errc::bad_bundle` for an empty file or one past the limit, `boost::system::system_error` for none.
    tar_source(std::filesystem::path file, const bundle_limits& limits, std::stop_token stop);
    tar_source(const tar_source&) = delete;
    tar_source& operator=(const tar_source&) = delete;
    ~tar_source();

    /// The next piece, valid until the next call; empty at the end. Throws `errc::bad_bundle`.
    std::string_view next();

    std::uint64_t packed() const noexcept { return packed_; }
    std::uint64_t raw() const noexcept { return raw_; }
    /// Behind the last byte so far that is not zero.
    std::uint64_t last_content() const noexcept { return last_content_; }

private:
    struct gunzip;

    std::string_view read();
    std::string_view inflate();
    void check(std::string_view piece);

    std::filesystem::path file_;
    const bundle_limits& limits_;
    std::stop_token stop_;
    std::unique_ptr<gunzip> gzip_;
    struct input;
    std::unique_ptr<input> input_;
    std::uint64_t packed_ = 0;
    std::uint64_t raw_ = 0;
    std::uint64_t last_content_ = 0;
};

}  // namespace mote::functions::detail
