#pragma once

#include <filesystem>
#include <string_view>

namespace mote::command {

/// Replaces a file's content in one step: whoever reads it, also after the machine was switched off in the middle, sees the old
/// text or the new one. It keeps its permissions, and stays the target of a symbolic link; a new file is its owner's alone.
/// Throws `failure`; the file is as it was then.
void replace_file(const std::filesystem::path& path, std::string_view text);

}  // namespace mote::command
