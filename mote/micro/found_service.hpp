#pragma once

#include <mote/micro/info.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// An endpoint as the instances of a service offer it, merged over all that offer it alike.
struct found_endpoint {
    std::string name{};
    std::string subject{};
    std::string queue_group{};  ///< empty: every instance gets every message
    /// `mote.kind` of the metadata: `event`, `work`, ...; `endpoint` where there is none, as with all other frameworks.
    std::string kind{};
    micro::metadata metadata{};      ///< of the first instance
    std::vector<std::string> ids{};  ///< of the instances that offer it so
};

/// All that is known of a service: its instances as they answered, and what can be asked.
struct found_service {
    std::string name{};
    std::vector<service_info> instances{};
    std::vector<found_endpoint> endpoints{};

    /// The endpoint of that name, null when there is none. Where instances differ in its subject or queue group, as
    /// during an update, the one that most of them offer; among equals the first.
    const found_endpoint* endpoint(std::string_view wanted) const noexcept;
    /// The instance with that id, null when there is none.
    const service_info* instance(std::string_view id) const noexcept;
    /// Takes an instance in; one that is there already is left as it is.
    void add(service_info answered);
};

}  // namespace mote::micro
