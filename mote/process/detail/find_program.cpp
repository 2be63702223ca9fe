#include <mote/process/detail/find_program.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace mote::process::detail {

std::string_view path_of(const std::vector<std::pair<std::string, std::string>>& environment) noexcept {
    std::string_view path = default_path;
    for (const auto& [name, value] : environment) {
        if (name == "PATH") path = value;
    }
    return path;
}

bool is_program(const std::string& path) noexcept {
    struct stat about{};
    return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace mote::process::detail
