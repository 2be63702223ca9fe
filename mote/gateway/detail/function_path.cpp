#include <mote/gateway/detail/function_path.hpp>

#include <algorithm>

namespace mote::gateway::detail {

std::optional<function_path> parse_function_path(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return std::nullopt;
    path.remove_prefix(prefix.size());
    const auto slash = std::min(path.find('/'), path.size());
    const auto full = path.substr(0, slash);
    const auto point = full.rfind('.');
    function_path found;
    found.function.name = full.substr(0, point);
    if (point != std::string_view::npos) found.function.space = full.substr(point + 1);
    if (!functions::is_function_name(found.function.name) || !functions::is_function_name(found.function.space))
        return std::nullopt;
    found.below = path.substr(slash);
    if (found.below.empty()) found.below = "/";
    return found;
}

}  // namespace mote::gateway::detail
