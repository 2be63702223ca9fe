#include <mote/process/detail/sandbox_view.hpp>

#include <mote/process/detail/find_program.hpp>
#include <mote/process/detail/interpreter.hpp>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>

namespace mote::process::detail {
namespace {

/// A file that somebody may run, or a link, which may lead to one only inside.
bool may_be_program(const std::string& path) {
    struct stat about{};
    if (::lstat(path.c_str(), &about) != 0) return false;
    return S_ISLNK(about.st_mode) || (S_ISREG(about.st_mode) && (about.st_mode & 0111) != 0);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> sandbox_view::system() {
    std::vector<std::pair<std::string, std::string>> found;
    for (const char* path : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
        std::error_code failed;
        const auto kind = std::filesystem::symlink_status(path, failed).type();
        if (kind == std::filesystem::file_type::symlink) {
            found.emplace_back(path, std::filesystem::read_symlink(path, failed).string());
        } else if (kind == std::filesystem::file_type::directory) {
            found.emplace_back(path, "");
        }
    }
    return found;
}

sandbox_view::sandbox_view(const sandbox& box) {
    for (const auto& [path, target] : system()) places_.emplace_back(path, path);
    if (!box.bundle.empty()) places_.emplace_back(home, box.bundle);
    for (const auto& [here, inside] : box.read_only) places_.emplace_back(inside, here);
    for (const auto& file : box.files) texts_.push_back(file.path);
}

bool sandbox_view::has_program(const std::string& inside) const {
    if (std::ranges::find(texts_, inside) != texts_.end()) return true;
    const auto found = real_path(inside);
    return found && may_be_program(*found);
}

/// Where on this machine it lies.
std::optional<std::string> sandbox_view::real_path(const std::string& inside) const {
    const std::string path = std::filesystem::path(inside).lexically_normal().string();
    for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
        const auto& [top, there] = *place;
        if (path == top) return there;
        if (path.starts_with(top) && path[top.size()] == '/') return there + path.substr(top.size());
    }
    return std::nullopt;
}

std::string sandbox_view::wrong_name_of(std::string_view name, std::string_view directory) const {
    return wrong_name(name, directory, [this](const std::string& inside) {
        if (has_program(inside)) return found_file::program;
        const auto file = real_path(inside);
        struct stat about{};
        const bool is_file = file && ::lstat(file->c_str(), &about) == 0 && S_ISREG(about.st_mode);
        return is_file ? found_file::not_runnable : found_file::none;
    });
}

std::string sandbox_view::missing_interpreter_of(const std::string& inside, std::string_view directory) const {
    const auto file = real_path(inside);
    struct stat about{};
    // A link leads elsewhere inside than here.
    if (!file || ::lstat(file->c_str(), &about) != 0 || !S_ISREG(about.st_mode)) return {};
    return missing_interpreter(*file, [&](const std::string& one) {
        return has_program(one.starts_with('/') ? one : std::string(directory) + '/' + one);
    });
}

std::optional<std::string> sandbox_view::find_program(std::string_view name, std::string_view path,
                                                      std::string_view directory) const {
    const auto test = [this](const std::string& candidate) { return has_program(candidate); };
    if (name.find('/') == std::string_view::npos) return find_in_path(name, path, test);
    std::string inside = name.starts_with('/') ? std::string(name) : std::string(directory) + '/' + std::string(name);
    return test(inside) ? std::optional(std::move(inside)) : std::nullopt;
}

}  // namespace mote::process::detail
