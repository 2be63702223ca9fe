#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace mote::gateway::detail {

/// All of a regular file (or where a link leads to); nothing when it is not there. Throws `errc::bad_credentials` for one that
/// is longer or something else, `errc::cannot_read`; never waits for a pipe.
std::optional<std::string> read_secret_file(const std::filesystem::path& file, std::size_t most);

/// Makes it and its parents where they are missing, the last one for the owner only. Throws `errc::cannot_write`.
void make_secret_directory(const std::filesystem::path& directory);

/// Makes the file for the owner only, with a line break at its end, unless it is there; it is there only when it is whole.
/// Returns whether it made it. `content` is called only then. Throws `errc::cannot_write` and what `content` throws.
bool make_secret_file(const std::filesystem::path& file, const std::function<std::string()>& content);

}  // namespace mote::gateway::detail
