#pragma once

#include <mote/functions/bundle_archive.hpp>
#include <mote/functions/detail/content_hash.hpp>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>

struct archive;
struct archive_entry;

namespace mote::functions::detail {

/// Writes a tar.gz that says nothing but names, kinds, the executable bit and content. On a thread with `utf8_names`.
class archive_writer {
public:
    /// Writes to `fd`; `file` is its name for errors.
    archive_writer(int fd, std::filesystem::path file, const bundle_limits& limits);
    archive_writer(const archive_writer&) = delete;
    archive_writer& operator=(const archive_writer&) = delete;
    ~archive_writer();

    void directory(std::string_view path);
    void link(std::string_view path, std::string_view target);
    /// Its content follows, exactly `size` bytes.
    void file(std::string_view path, std::uint64_t size, bool executable);
    void content(std::string_view bytes);

    /// Once all is written. Throws `errc::bad_bundle` past a limit.
    bundle_digest finish();
    std::uint64_t packed() const noexcept { return packed_; }

private:
    static ssize_t drain(archive* to, void* self, const void* bytes, std::size_t size);
    void header(std::string_view path, unsigned type, unsigned mode, std::uint64_t size, std::string_view target = {});
    void check(ssize_t result);

    int fd_;
    std::filesystem::path file_;
    const bundle_limits& limits_;
    content_hash hash_;
    std::uint64_t packed_ = 0;
    std::exception_ptr failure_;  // of writing, which must not go through libarchive's frames
    archive* archive_ = nullptr;
};

}  // namespace mote::functions::detail
