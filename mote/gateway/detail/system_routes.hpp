#pragma once

#include <mote/gateway/detail/system_resources.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// A path and a method of the management API.
struct system_route {
    std::string_view method;
    std::string_view path;  ///< `{}` stands for a name
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

/// HEAD is what GET is. One slash at the end of a path is passed over.
found_route find_route(std::string_view method, std::string_view path);

}  // namespace mote::gateway::detail
