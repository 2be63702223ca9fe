#pragma once

namespace mote::process {

/// How a process ended.
struct exit_status {
    int code = 0;    // the exit code; after a signal 128 + signal, as a shell says it
    int signal = 0;  // the signal that ended it; 0: none, or one inside a sandbox, which only `code` shows
    bool ok() const noexcept { return code == 0; }
    bool operator==(const exit_status&) const = default;
};

}  // namespace mote::process
