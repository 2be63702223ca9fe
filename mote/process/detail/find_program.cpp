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

std::string wrong_name(std::string_view name, std::string_view directory,
                       const std::function<found_file(const std::string& path)>& look) {
    if (name.starts_with('"') || name.starts_with('\'')) return "a quote is a letter of its name";
    const std::string path =
        name.starts_with('/') ? std::string(name) : std::string(directory) + '/' + std::string(name);
    const auto found = look(path);
    if (found == found_file::none) return {};
    if (name.find('/') == std::string_view::npos) return "not in PATH; its directory has one: ./" + std::string(name);
    return found == found_file::not_runnable ? "it may not be run: chmod +x makes it a program" : "";
}

}  // namespace mote::process::detail
