#pragma once

#include <apps/mote/ask/commands.hpp>
#include <apps/mote/ask/endpoint.hpp>

namespace mote::command {

/// `mote req SERVICE ENDPOINT --flags`: prints which members the endpoint's body has. Throws `failure` (usage) when it has none.
exit_code show_flags(const req_command& chosen, const asked_endpoint& endpoint);

}  // namespace mote::command
