#include <apps/mote/create/installed_prefix.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace mote::command {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> usual_prefixes = {"/usr", "/usr/local", "/"};

bool has_package(const fs::path& libraries) {
    std::error_code ignored;
    return fs::exists(libraries / "cmake" / "mote" / "mote-config.cmake", ignored);
}

bool is_usual(const fs::path& prefix) {
    return std::ranges::find(usual_prefixes, std::string_view(prefix.native())) != usual_prefixes.end();
}

/// `$` begins a macro in presets.
std::string without_macros(const std::string& path) {
    std::string text;
    for (const char c : path) text += c == '$' ? std::string("${dollar}") : std::string(1, c);
    return text;
}

}  // namespace

bool has_library(const fs::path& prefix) {
    if (has_package(prefix / "lib") || has_package(prefix / "lib64")) return true;
    std::error_code ignored;
    for (fs::directory_iterator each(prefix / "lib", ignored), end; !ignored && each != end; each.increment(ignored))
        if (has_package(each->path())) return true;  // lib/x86_64-linux-gnu
    return false;
}

fs::path library_prefix(const std::string& chosen) {
    if (!chosen.empty()) {
        const fs::path prefix = fs::absolute(chosen).lexically_normal();
        if (!has_library(prefix))
            throw failure(exit_code::usage, "--prefix " + printable(chosen) +
                                                ": the library is not there: no lib/cmake/mote; install it with "
                                                "cmake --install BUILD --prefix " +
                                                printable(chosen));
        return prefix.has_filename() || prefix == prefix.root_path() ? prefix : prefix.parent_path();
    }
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (failed) return {};
    const fs::path prefix = program.parent_path().parent_path();
    return is_usual(prefix) || !has_library(prefix) ? fs::path() : prefix;
}

bool library_is_in_usual_place() {
    for (const char* const told : {"CMAKE_PREFIX_PATH", "mote_DIR", "mote_ROOT"})
        if (std::getenv(told) != nullptr) return true;
    return std::ranges::any_of(usual_prefixes, [](std::string_view each) { return has_library(each); });
}

std::string preset_text(const fs::path& path) {
    const char* const home_text = std::getenv("HOME");
    const fs::path home = home_text == nullptr ? fs::path() : fs::path(home_text).lexically_normal();
    const fs::path rest = path.lexically_relative(home);
    const bool is_at_home = home.is_absolute() && home != home.root_path() && !rest.empty() && *rest.begin() != "..";
    const std::string text = is_at_home ? "$env{HOME}/" + without_macros(rest.string()) : without_macros(path.string());
    return boost::json::serialize(boost::json::string(text));
}

}  // namespace mote::command
