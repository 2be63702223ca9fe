#pragma once

#include <apps/mote/exit_code.hpp>

#include <string>

namespace mote::command {

enum class project_language { cpp, python, go, javascript };
enum class project_kind { service, typed, worker, function, http };

/// `mote new`: a small complete project.
struct new_command {
    std::string name{};
    project_kind kind = project_kind::service;
    project_language language = project_language::cpp;
    std::string directory{};  ///< empty: `name`
    std::string prefix{};     ///< where the library is installed; empty: where this program is, else where CMake looks
    bool json = false;
};

exit_code run(const new_command& chosen);

}  // namespace mote::command
