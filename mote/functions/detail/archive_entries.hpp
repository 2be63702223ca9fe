#pragma once

#include <mote/functions/detail/tar_source.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <sys/types.h>

struct archive;
struct archive_entry;

namespace mote::functions::detail {

/// libarchive takes the names of entries for the locale's: while it lives, the calling thread's is one of UTF-8.
class utf8_names {
public:
    /// Throws `std::runtime_error` where the machine has no such locale.
    utf8_names();
    utf8_names(const utf8_names&) = delete;
    utf8_names& operator=(const utf8_names&) = delete;
    ~utf8_names();

private:
    struct saved;
    std::unique_ptr<saved> saved_;
};

enum class entry_kind { directory, file, link, hard_link };

/// One entry as the archive says it: nothing of it is checked yet.
struct raw_entry {
    std::string path{};
    entry_kind kind = entry_kind::file;
    std::string target{};    // of links of both kinds
    std::uint64_t size = 0;  // of a file
    bool executable = false;
};

/// Reads the entries of a tar or tar.gz in order. Each breach of the format throws `errc::bad_bundle`.
class archive_entries {
public:
    archive_entries(std::filesystem::path file, const bundle_limits& limits, std::stop_token stop);
    archive_entries(const archive_entries&) = delete;
    archive_entries& operator=(const archive_entries&) = delete;
    ~archive_entries();

    /// False at the end, once it is known that nothing is missing and nothing but zeros follows. Throws for a device, fifo
    /// or socket, too.
    bool next(raw_entry& entry);
    /// The next bytes of this entry's content; 0 at its end.
    std::size_t read(char* to, std::size_t size);

    const tar_source& source() const noexcept { return source_; }

private:
    static ssize_t feed(archive* from, void* self, const void** piece);
    [[noreturn]] void fail(const std::string& entry);
    void check_end();

    std::filesystem::path file_;
    tar_source source_;
    std::exception_ptr failure_;  // of the source, which must not go through libarchive's frames
    archive* archive_ = nullptr;
    std::string at_;  // the entry that is read
};

}  // namespace mote::functions::detail
