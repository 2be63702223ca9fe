#pragma once

#include <mote/functions/name.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

inline constexpr std::string_view calls_prefix = "/function/";        ///< of what is answered at once
inline constexpr std::string_view async_prefix = "/async-function/";  ///< of what is kept, and of looks at it

/// Whether a path is about a call of a function.
inline bool is_call(std::string_view path) noexcept {
    return path.starts_with(calls_prefix) || path.starts_with(async_prefix);
}

/// What a path says that asks for a function.
struct function_path {
    functions::function_name function{};
    std::string below{};  ///< what the function sees: begins with `/`, not decoded
};

/// `<prefix><name>[.<namespace>][/...]`. Nothing for another prefix, and for what cannot be the name of a function.
std::optional<function_path> parse_function_path(std::string_view path, std::string_view prefix);

}  // namespace mote::gateway::detail
