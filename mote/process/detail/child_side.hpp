#pragma once

#include <mote/process/detail/launch.hpp>

namespace mote::process::detail {

/// What the parent gives the child, and how far that came: `error` stays 0 when the program runs.
struct child_side {
    const launch_plan* plan = nullptr;
    pid_t parent = -1;
    launch_step step = launch_step::session;
    int error = 0;
    bool in_group = false;  // from its birth
};

/// The child's main, for clone: does what the plan says and executes the program.
int run_child(void* side);

}  // namespace mote::process::detail
