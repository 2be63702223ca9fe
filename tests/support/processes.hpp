#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

namespace mote::test {

/// How many processes of this machine, dead ones not, have this text among their arguments.
inline std::size_t processes_with(std::string_view text) {
    std::size_t count = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf();  // of a process that ends meanwhile, nothing
        if (all.str().find(text) != std::string::npos) ++count;
    }
    return count;
}

}  // namespace mote::test
