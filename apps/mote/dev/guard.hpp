#pragma once

namespace mote::command {

/// Runs a program so that nothing of it is left when it, this process or whoever started this process has ended, however
/// that ended: what the program started becomes a child of this process, also what went into a session of its own.
///
/// `words`: the program and its arguments, then a null pointer. For main, first thing: one thread, no children. Ends as the
/// program ended, by the same signal or with its exit code; with 127 when there is no such program. Signals to this process:
/// SIGTERM asks the program to end, and waits for all that it started; SIGUSR2 kills all of it. When the starter is gone
/// the program is asked, and killed after 2 s.
int run_guard(char** words);

}  // namespace mote::command
