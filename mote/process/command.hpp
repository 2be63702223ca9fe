#pragma once

#include <mote/process/limits.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::process {

class control_group;
namespace detail {
struct sandbox_plan;
}

/// What stdin, stdout or stderr of a child is.
enum class stream {
    null,     ///< /dev/null
    pipe,     ///< a pipe; this side's end is `child::input`, `output` or `error`
    inherit,  ///< this process's own
    merge,    ///< for `error` only: where stdout goes
};

/// A program to run, and all that it gets from us: no other variable, no other descriptor.
struct command {
    std::string program{};  // a path (relative to `directory`), or a name to look up in the PATH of `environment`
    std::vector<std::string> arguments{};  // without the program's own name
    std::vector<std::pair<std::string, std::string>>
        environment{};        // complete; without PATH: /usr/local/bin:/usr/bin:/bin
    std::string directory{};  // its working directory; empty: /
    stream input = stream::null;
    stream output = stream::null;
    stream error = stream::null;
    mote::process::limits limits{};  // of the process and each that it starts
    control_group* group = nullptr;  // the process starts in it; only for the call of `start`
    std::vector<int> descriptors{};  // become 3, 4, ... in the child; stay the caller's; only for the call of `start`
    std::shared_ptr<const detail::sandbox_plan> plan{};  // set by `in_sandbox`
};

}  // namespace mote::process
