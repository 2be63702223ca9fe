#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What of CMakePresets.json and CMakeUserPresets.json is needed to build with it.
struct cmake_preset {
    std::string name{};
    std::string build_preset{};      ///< that builds it; empty: none
    std::string binary_directory{};  ///< empty: it cannot be told without CMake
};

/// The configure preset to develop with: `dev`, `default` or `debug`, else the first that is not hidden. Nothing when there is
/// none, or the files cannot be read.
std::optional<cmake_preset> find_cmake_preset(const std::filesystem::path& directory);

/// Asks CMake to say at its next run what it builds there (its file API). Failing to do so is no error: the answer is missing then.
void ask_for_cmake_targets(const std::filesystem::path& binary_directory);

/// The programs that are built there, as absolute paths; tests, by their names, are left out where others are left. Empty when
/// CMake has not said.
std::vector<std::string> cmake_programs(const std::filesystem::path& binary_directory);

/// Whether a command configures a build: `cmake --preset`, `cmake -B`, but not `cmake --build`. It has to run again only when
/// what it reads has changed.
bool configures(const std::vector<std::string>& command);

}  // namespace mote::command
