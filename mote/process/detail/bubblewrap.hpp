#pragma once

#include <mote/process/detail/sandbox_plan.hpp>
#include <mote/process/sandbox.hpp>

#include <string>

namespace mote::process::detail {

/// Where root mounts what its sandboxes get, in a mount namespace of each.
inline constexpr const char* stage = "/run/mote.stage";

/// The bwrap of this machine.
struct bubblewrap {
    std::string program{};
    bool can_disable_userns = false;  // no further user namespaces inside: less of the kernel to attack
    bool is_root = false;             // so it must become another user
    sandbox_support support{};

    /// What `in_sandbox` returns, without a look at `support`.
    command wrap(command what, const sandbox& box) const;

    /// Found and tried once.
    static const bubblewrap& of_this_machine();
};

}  // namespace mote::process::detail
