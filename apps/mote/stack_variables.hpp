#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mote::command {

/// The value of a variable, where it has one.
using variable_source = std::function<std::optional<std::string>(const std::string& name)>;

/// Those of the environment.
std::optional<std::string> environment_variable(const std::string& name);

/// The text with `${NAME}` and `${NAME:-default}` replaced; the default is also for an empty value. `$${` becomes `${`. Lines
/// that begin with `#` stay as they are. Throws `failure` with `file`, the line and the variable for one that has neither a
/// value nor a default, for what is no such expression, and for a value with line breaks.
std::string with_variables(std::string_view text, const std::string& file, const variable_source& variables);

}  // namespace mote::command
