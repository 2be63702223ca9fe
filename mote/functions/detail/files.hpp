#pragma once

#include <mote/functions/detail/owned_fd.hpp>
#include <mote/functions/detail/quoted.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

/// Files of bundles, with errors that name them.
namespace mote::functions::detail {

inline constexpr std::size_t piece_size = 128 * 1024;  ///< of what is read or written at once

/// Throws `errc::bad_bundle` with the entry and why.
[[noreturn]] void refuse_entry(std::string_view entry, std::string_view why);
/// Throws `boost::system::system_error` of errno: `cannot <what> "<file>"`.
[[noreturn]] void throw_errno(std::string_view what, std::string_view file);

/// For reading; not a link, a terminal, nor one that waits for a writer.
owned_fd open_file(const std::filesystem::path& file);
/// At most `size` bytes, 0 at the end; `file` is for the error.
std::size_t read_some(int fd, char* to, std::size_t size, const std::filesystem::path& file);
void write_all(int fd, std::string_view bytes, std::string_view file);

/// A file or directory beside what it is to become; it is deleted unless it was.
class unfinished {
public:
    enum class kind { file, directory };

    /// A hidden one of its own in the directory of `target`. Throws `boost::system::system_error`.
    unfinished(kind what, std::filesystem::path target);
    unfinished(const unfinished&) = delete;
    unfinished& operator=(const unfinished&) = delete;
    ~unfinished();

    const std::filesystem::path& path() const noexcept { return path_; }
    int fd() const noexcept { return fd_.get(); }  ///< of the file, for writing; of the directory
    /// Becomes the target, in place of a file that is there. Throws `boost::system::system_error`.
    void finish();

private:
    std::filesystem::path target_;
    std::filesystem::path path_;
    owned_fd fd_;
    bool finished_ = false;
};

}  // namespace mote::functions::detail
