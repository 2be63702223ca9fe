#pragma once

#include <string_view>

namespace mote::node {

/// For the program `node_options::guard`, whose last argument `groups` is: waits until the node that started it has gone, however
/// that ended, then kills all that is in the node's control groups: without a sandbox what a function started in a session of
/// its own outlives it. Ends at once where the node ends by itself, which kills this process. Returns the exit code for main:
/// 0, or 2 for names that are no node's. For the beginning of main: one thread, no children.
int run_guard(std::string_view groups);

}  // namespace mote::node
