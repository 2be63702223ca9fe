#pragma once

#include <string>
#include <vector>

namespace mote::process::detail {

/// What of this machine's /etc every sandbox has, as it is now. A mount costs a start more than a copy does, so small files
/// are copied; what is large, or not for everybody to read, is mounted.
struct sandbox_settings {
    struct copy {
        std::string path{};
        std::string content{};
    };

    std::vector<copy> copies{};
    std::vector<std::string> mounts{};

    static sandbox_settings of_this_machine();
};

}  // namespace mote::process::detail
