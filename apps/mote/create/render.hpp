#pragma once

#include <apps/mote/create/project_plan.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace mote::command {

/// Texts by path in the project.
using project_files = std::map<std::string, std::string>;

/// The files of the plan's layers, with all placeholders filled in. `prefix`: where a C++ project finds the library; empty: where
/// CMake looks anyway.
project_files render_project(const std::string& name, const project_plan& plan, const std::filesystem::path& prefix);

/// Each `@WORD@` of `values` replaced; another one is a mistake in the template (`std::logic_error`).
std::string with_values(std::string_view text, const std::map<std::string, std::string, std::less<>>& values);

}  // namespace mote::command
