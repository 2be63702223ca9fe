#pragma once

#include <mote/functions/name.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// What a path says that asks for a function.
struct function_path {
    functions::function_name function{};
    std::string below{};  ///< what the function sees: begins with `/`, not decoded
};

/// `<prefix><name>[.<namespace>][/...]`. Nothing for another prefix, and for what cannot be the name of a function.
std::optional<function_path> parse_function_path(std::string_view path, std::string_view prefix);

}  // namespace mote::gateway::detail
