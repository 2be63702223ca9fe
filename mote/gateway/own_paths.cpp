#include <mote/gateway/own_paths.hpp>

#include <mote/gateway/detail/function_path.hpp>
#include <mote/gateway/detail/system_routes.hpp>

namespace mote::gateway {

bool is_of_gateway(std::string_view method, std::string_view path) {
    if (path.starts_with("/service/")) return true;
    const bool reads = method == "GET" || method == "HEAD";
    return reads && (path == "/healthz" || path == "/services" || path == "/openapi.json");
}

bool is_of_front(std::string_view method, std::string_view path) {
    return detail::is_call(path) || !detail::find_route(method, path).allowed.empty() || is_of_gateway(method, path);
}

}  // namespace mote::gateway
