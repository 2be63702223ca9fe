#include <mote/process/detail/group_files.hpp>

#include <mote/process/detail/descriptor.hpp>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace mote::process::detail {

std::string read_text(const std::string& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    char buffer[4096];
    ssize_t count = 0;
    while (file && (count = ::read(file.get(), buffer, sizeof buffer)) > 0) {
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

bool write_text(const std::string& path, std::string_view text) noexcept {
    const descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool remove_group(const std::string& directory) {
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY && errno != ENOTEMPTY) return false;
    bool any = false;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
        std::error_code gone;
        if (at->is_directory(gone)) any = remove_group(at->path().string()) || any;
    }
    return any && ::rmdir(directory.c_str()) == 0;
}

std::optional<std::uint64_t> number_in(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key) noexcept {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ') {
            return number_in(line.substr(key.size() + 1));
        }
    }
    return std::nullopt;
}

}  // namespace mote::process::detail
