#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/terminal.hpp>

#include <string>

namespace mote::command {

enum class context_action { list, select, show, test };

/// `mote context`: the NATS contexts of this user, in the files of the `nats` command.
struct context_command {
    context_action action = context_action::list;
    std::string name{};  ///< or a path that ends in .json; empty: the selected one. Of select: `-` is the previous one
    server_choice server{};  ///< of test: only its time-out
    bool json = false;
    color_mode color = color_mode::automatic;
};

/// Does it, says on standard error what went wrong, and returns what `mote` exits with.
exit_code run(const context_command& chosen);

}  // namespace mote::command
