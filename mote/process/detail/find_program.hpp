#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::process::detail {

inline constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

/// The last value of PATH in `environment`, or the default.
std::string_view path_of(const std::vector<std::pair<std::string, std::string>>& environment) noexcept;

/// What `name` is in the first of the directories that has it, by `is_program(path)`. Entries that are no absolute paths
/// are passed over.
template <class Test>
std::optional<std::string> find_in_path(std::string_view name, std::string_view path, Test is_program) {
    while (!path.empty()) {
        const std::size_t end = path.find(':');
        const std::string_view folder = path.substr(0, end);
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
        if (!folder.starts_with('/')) continue;
        std::string candidate = std::string(folder) + '/' + std::string(name);
        if (is_program(candidate)) return candidate;
    }
    return std::nullopt;
}

/// A regular file that may be run.
bool is_program(const std::string& path) noexcept;

/// What a path leads to: nothing, a program, or a file that nobody may run.
enum class found_file { none, program, not_runnable };

/// What is wrong with the name of a program that is not found, and what mends it; empty where that is not known. `look` says what
/// a path leads to; `directory` is the program's.
std::string wrong_name(std::string_view name, std::string_view directory,
                       const std::function<found_file(const std::string& path)>& look);

}  // namespace mote::process::detail
