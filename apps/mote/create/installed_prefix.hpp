#pragma once

#include <filesystem>
#include <string>

namespace mote::command {

/// Whether CMake's package files of the library are under it.
bool has_library(const std::filesystem::path& prefix);

/// Where a C++ project is to look for the library besides where CMake looks anyway: `chosen`, else the prefix that this program
/// was installed into together with the library; empty when that is a place where CMake looks, or there is none. Throws `failure`
/// (usage) when the library is not in `chosen`.
std::filesystem::path library_prefix(const std::string& chosen);

/// Whether CMake finds the library without being told, as far as that can be seen from here.
bool library_is_in_usual_place();

/// The path as text of a CMake preset, with quotes. What is under the home directory is written relative to that, so that the
/// file is of use to others, too.
std::string preset_text(const std::filesystem::path& path);

}  // namespace mote::command
