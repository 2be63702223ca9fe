#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace mote::node::detail {

/// The files below one directory, as a function of mode `static` shows them. Nobody else may write there. Blocks for some
/// system calls; any thread.
class static_files {
public:
    /// `directory` as the function has it, in the bundle that lies in `bundle` and is `/home/app` to it. Throws
    /// `functions::errc::bad_setting` for one that is not below that, or no directory.
    static_files(const std::filesystem::path& bundle, std::string_view directory);

    enum class kind {
        nothing,   ///< there is none, or it is not shown
        file,      ///< this one, or the index.html of the directory that was asked for
        directory  ///< one that has an index.html, without the `/` at the end that makes links in there right
    };
    struct found {
        kind is = kind::nothing;
        std::filesystem::path path{};  ///< of a file
        std::uint64_t size = 0;        ///< of a file, in bytes
    };
    /// What the path of a URL means. It is not decoded yet; `..` means nothing, and so do links out of the directory and the
    /// bundle's function.env.
    found find(std::string_view path) const;

private:
    found file_at(const std::filesystem::path& path) const;
    bool is_inside(const std::filesystem::path& real) const;

    std::filesystem::path root_;    // without links
    std::filesystem::path hidden_;  // function.env
};

/// What the suffix says, in upper or lower case; `application/octet-stream` for an unknown one.
std::string_view content_type_of(const std::filesystem::path& file);

}  // namespace mote::node::detail
