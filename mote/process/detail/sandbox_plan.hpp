#pragma once

#include <string>
#include <vector>

namespace mote::process::detail {

/// What `in_sandbox` adds to a command besides its arguments.
struct sandbox_plan {
    struct mount {
        std::string source{};
        std::string target{};  // under `stage`
        bool directory = false;
    };

    // Become files in memory, whose descriptors follow the command's own; each start makes them anew, as bubblewrap reads
    // them to their ends.
    std::vector<std::string> contents{};
    std::string stage{};  // empty: nothing to stage, no change of user
    std::vector<mount> mounts{};
    unsigned user = 0;
};

}  // namespace mote::process::detail
