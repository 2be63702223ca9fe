#include <mote/gateway/detail/system_routes.hpp>

#include <algorithm>
#include <array>

namespace mote::gateway::detail {
namespace {

constexpr std::string_view name_place = "{name}";

constexpr system_route reads(std::string_view path, system_answer (*answer)(system_state&, system_request&)) {
    system_route route{"GET", path, answer};
    return route;
}

constexpr system_route reads_memory(std::string_view path, system_answer (*answer)(system_state&, system_request&)) {
    auto route = reads(path, answer);
    route.from_memory = true;
    return route;
}

constexpr system_route changes(std::string_view method, std::string_view path,
                               system_answer (*answer)(system_state&, system_request&),
                               std::optional<audit_action> action) {
    system_route route{method, path, answer};
    route.action = action;
    route.changes = true;
    return route;
}

constexpr std::array routes{
    reads_memory("/system/functions", list_functions),
    changes("POST", "/system/functions", deploy_function, audit_action::function_deploy),
    changes("PUT", "/system/functions", update_function, audit_action::function_update),
    changes("DELETE", "/system/functions", delete_function, audit_action::function_delete),
    reads("/system/function/{name}", show_function),
    changes("PUT", "/system/function/{name}/pause", pause_function, audit_action::function_pause),
    changes("POST", "/system/function/{name}/pause", pause_function, audit_action::function_pause),
    changes("PUT", "/system/function/{name}/resume", resume_function, audit_action::function_resume),
    changes("POST", "/system/function/{name}/resume", resume_function, audit_action::function_resume),
    changes("POST", "/system/scale-function/{name}", scale_function, audit_action::function_scale),
    changes("POST", "/system/alert", take_alert, audit_action::function_scale),
    reads("/system/secrets", list_secrets),
    changes("POST", "/system/secrets", create_secret, audit_action::secret_create),
    changes("PUT", "/system/secrets", update_secret, audit_action::secret_update),
    changes("DELETE", "/system/secrets", delete_secret, audit_action::secret_delete),
    reads("/system/logs", send_logs),
    reads("/system/namespaces", list_namespaces),
    changes("POST", "/system/namespaces", create_namespace, audit_action::namespace_create),
    changes("POST", "/system/namespace", create_namespace, audit_action::namespace_create),
    reads("/system/namespace/{name}", show_namespace),
    changes("POST", "/system/namespace/{name}", create_namespace, audit_action::namespace_create),
    changes("PUT", "/system/namespace/{name}", update_namespace, audit_action::namespace_update),
    changes("DELETE", "/system/namespace/{name}", delete_namespace, audit_action::namespace_delete),
    reads("/system/namespaces/{name}", show_namespace),
    changes("POST", "/system/namespaces/{name}", create_namespace, audit_action::namespace_create),
    changes("PUT", "/system/namespaces/{name}", update_namespace, audit_action::namespace_update),
    changes("DELETE", "/system/namespaces/{name}", delete_namespace, audit_action::namespace_delete),
    reads_memory("/system/info", show_info),
    reads_memory("/system/telemetry", show_telemetry),
};

/// The name in a path; empty where the pattern has none. Nothing when it is another path. One slash at its end is passed over.
std::optional<std::string_view> name_in(std::string_view path, std::string_view pattern) {
    if (path.ends_with('/')) path.remove_suffix(1);
    const auto place = pattern.find(name_place);
    if (place == std::string_view::npos) return path == pattern ? std::optional<std::string_view>("") : std::nullopt;
    const auto before = pattern.substr(0, place);
    const auto behind = pattern.substr(place + name_place.size());
    if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
        return std::nullopt;
    const auto name = path.substr(before.size(), path.size() - before.size() - behind.size());
    return name.find('/') == std::string_view::npos ? std::optional(name) : std::nullopt;
}

}  // namespace

std::string_view label_of_path(std::string_view path) noexcept {
    const auto found =
        std::ranges::find_if(routes, [path](const auto& route) { return name_in(path, route.path).has_value(); });
    return found == routes.end() ? std::string_view("other") : found->path;
}

found_route find_route(std::string_view method, std::string_view path) {
    const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
    found_route found;
    for (const auto& route : routes) {
        const auto name = name_in(path, route.path);
        if (!name) continue;
        if (!found.allowed.empty()) found.allowed += ", ";
        found.allowed += route.method == "GET" ? "GET, HEAD" : route.method;
        if (route.method != wanted) continue;
        found.route = &route;
        found.name = *name;
    }
    return found;
}

}  // namespace mote::gateway::detail
