#pragma once

#include <mote/gateway/detail/system_resources.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// A path and a method of the management API.
struct system_route {
    std::string_view method;
    std::string_view path;  ///< `{name}` stands for a name
    system_answer (*answer)(system_state&, system_request&);
    std::optional<audit_action> action{};  ///< what it changes
    bool changes = false;                  ///< has a body, and is not given up when the peer goes
    bool from_memory = false;              ///< answers without the NATS server, too
};

/// What there is of a path.
struct found_route {
    const system_route* route = nullptr;
    std::string name{};     ///< of the path
    std::string allowed{};  ///< methods of this path; empty: no path of ours
};

/// The path of a route as a label, `/system/function/{name}`; `other` for a path that has none. Bounded, whatever is asked for.
std::string_view label_of_path(std::string_view path) noexcept;

/// HEAD is what GET is. One slash at the end of a path is passed over.
found_route find_route(std::string_view method, std::string_view path);

}  // namespace mote::gateway::detail
