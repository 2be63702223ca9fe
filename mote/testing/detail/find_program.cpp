#include <mote/testing/detail/find_program.hpp>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace mote::testing::detail {
namespace {

bool is_executable(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::string environment_value(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::optional<std::filesystem::path> find_program(std::string_view name) {
    if (name.empty()) return std::nullopt;
    if (name.find('/') != std::string_view::npos) {
        std::filesystem::path file(name);
        return is_executable(file) ? std::optional(file) : std::nullopt;
    }
    const std::string folders = environment_value("PATH") + ":/usr/local/bin:/usr/sbin:/usr/bin";
    for (std::size_t begin = 0; begin <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        if (end > begin) {
            std::filesystem::path file = std::filesystem::path(folders.substr(begin, end - begin)) / name;
            if (is_executable(file)) return file;
        }
        begin = end + 1;
    }
    return std::nullopt;
}

}  // namespace mote::testing::detail
