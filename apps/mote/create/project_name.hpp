#pragma once

#include <apps/mote/create/commands.hpp>

#include <string>
#include <string_view>

namespace mote::command {

/// Throws `failure` (usage) with the reason and the nearest name that is fine, when it cannot be the name of a service (ADR-32:
/// letters, digits, `-` and `_`), of a function where it is one, and of a directory: it begins with a letter or digit, and has
/// at most 63 characters.
void check_project_name(std::string_view name, project_kind kind);

/// The name with what cannot be in it replaced; `hello` when nothing is left.
std::string nearest_project_name(std::string_view name, project_kind kind);

}  // namespace mote::command
