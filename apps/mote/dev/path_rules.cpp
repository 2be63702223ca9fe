#include <apps/mote/dev/path_rules.hpp>

#include <algorithm>
#include <array>
#include <fnmatch.h>
#include <span>

namespace mote::command {
namespace {

// Built or fetched, and what editors and programs leave behind.
constexpr std::array<std::string_view, 15> built_directories = {
    "build", "build-*", "build_*", "cmake-build-*", "out",     "target",      "dist",      "_build",
    ".*",    "_deps",   "venv",    "node_modules",  "Testing", "__pycache__", "CMakeFiles"};
constexpr std::array<std::string_view, 27> built_files = {".*",
                                                          "*~",
                                                          "#*#",
                                                          "4913",
                                                          "*.tmp",
                                                          "*.temp",
                                                          "*.bak",
                                                          "*.orig",
                                                          "*___jb_*",
                                                          "*.o",
                                                          "*.a",
                                                          "*.so",
                                                          "*.so.*",
                                                          "*.pyc",
                                                          "*.pyo",
                                                          "*.class",
                                                          "*.log",
                                                          "*.pid",
                                                          "*.sock",
                                                          "*.db",
                                                          "*.sqlite",
                                                          "*.sqlite-*",
                                                          "*.db-*",
                                                          "core",
                                                          "nohup.out",
                                                          "CMakeCache.txt",
                                                          "compile_commands.json"};
constexpr std::array<std::string_view, 4> configuration = {"CMakeLists.txt", "CMakePresets.json",
                                                           "CMakeUserPresets.json", "*.cmake"};

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> found;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end != 0 && path.substr(0, end) != ".") found.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return found;
}

bool fits(std::string_view pattern, std::string_view name) {
    return ::fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), FNM_NOESCAPE) == 0;
}

/// A pattern has few segments, so that trying all lengths of `**` is cheap.
bool covers_from(std::span<const std::string> pattern, std::span<const std::string> path) {
    if (pattern.empty()) return true;
    if (pattern.front() == "**") {
        for (std::size_t skipped = 0; skipped <= path.size(); ++skipped)
            if (covers_from(pattern.subspan(1), path.subspan(skipped))) return true;
        return false;
    }
    return !path.empty() && fits(pattern.front(), path.front()) && covers_from(pattern.subspan(1), path.subspan(1));
}

bool any_fits(std::span<const std::string_view> patterns, std::string_view name) {
    return std::ranges::any_of(patterns, [&](std::string_view pattern) { return fits(pattern, name); });
}

}  // namespace

bool covers(std::string_view pattern, std::string_view path) {
    return covers_from(segments_of(pattern), segments_of(path));
}

path_rules::path_rules(std::vector<std::string> watch, std::vector<std::string> ignore)
    : watch_(std::move(watch)), ignore_(std::move(ignore)) {
    for (auto* const patterns : {&watch_, &ignore_})
        for (std::string& pattern : *patterns)
            if (pattern.find('/') == std::string::npos) pattern.insert(0, "**/");
}

bool path_rules::ignored(std::string_view path) const {
    return std::ranges::any_of(ignore_, [&](const std::string& pattern) { return covers(pattern, path); });
}

bool path_rules::enters(std::string_view directory) const {
    const auto names = segments_of(directory);
    return names.empty() || (!any_fits(built_directories, names.back()) && !ignored(directory));
}

bool path_rules::counts(std::string_view file) const {
    const auto names = segments_of(file);
    if (names.empty()) return false;
    if (file == "mote.json") return true;
    for (std::size_t i = 0; i + 1 < names.size(); ++i)
        if (any_fits(built_directories, names[i])) return false;
    if (any_fits(built_files, names.back()) || ignored(file)) return false;
    if (any_fits(configuration, names.back())) return true;
    return watch_.empty() ||
           std::ranges::any_of(watch_, [&](const std::string& pattern) { return covers(pattern, file); });
}

}  // namespace mote::command
