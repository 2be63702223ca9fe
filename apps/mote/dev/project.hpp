#pragma once

#include <apps/mote/dev/commands.hpp>
#include <apps/mote/dev/path_rules.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

using words = std::vector<std::string>;

/// What there is to build and to run, and what makes it necessary to do so again.
struct project {
    std::string from{};              ///< where all this comes from, for a person: `mote.json`, `CMakePresets.json`
    std::string name{};              ///< of the service; empty: unknown
    std::vector<words> build{};      ///< one after the other, in the project's directory
    words run{};                     ///< empty: what `binary_directory` has
    std::string binary_directory{};  ///< of CMake, where the program is looked up once it is built; empty: none
    std::vector<std::string> watch{};
    std::vector<std::string> ignore{};
    std::map<std::string, std::string> environment{};

    path_rules rules() const { return {watch, ignore}; }
};

inline constexpr const char* project_file_name = "mote.json";

/// What mote.json says. Throws `failure` that names the field, or line and column of what is no JSON.
project read_project_file(const std::filesystem::path& file);

/// mote.json, else a guess, with what the command line says in place of either. Throws `failure`, which says how it is told
/// where it cannot be guessed.
project find_project(const dev_command& chosen);

/// What the files of a directory without mote.json look like; throws as `find_project`.
project guess_project(const std::filesystem::path& directory, bool program_is_known);

}  // namespace mote::command
