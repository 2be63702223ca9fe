#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/terminal.hpp>

namespace mote::command {

/// `mote doctor`: what is installed, reachable, allowed and limited on this machine.
struct doctor_command {
    server_choice server{};
    bool json = false;
    color_mode color = color_mode::automatic;
};

/// Ends with `ok` when nothing failed; with what the server's failure is when that alone did (3: it is away, 4: it refused the
/// login); else with `error`.
exit_code run(const doctor_command& chosen);

}  // namespace mote::command
