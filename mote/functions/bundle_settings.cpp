#include <mote/functions/bundle_settings.hpp>

#include <mote/functions/detail/files.hpp>
#include <mote/functions/detail/text.hpp>
#include <mote/functions/error.hpp>
#include <mote/json/utf8.hpp>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace mote::functions {
namespace {

constexpr std::size_t most_settings_bytes = 64 * 1024;
constexpr std::size_t most_variables = 1000;

[[noreturn]] void refuse_line(std::size_t number, std::string_view why) {
    auto text = std::string(settings_file) + " line " + std::to_string(number) + ": ";
    throw_error(errc::bad_bundle, text.append(why));
}

bool is_key(std::string_view key) noexcept {
    return !key.empty() && !detail::is_digit(key.front()) && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || detail::is_digit(c) || c == '_';
    });
}

/// What of a line is no text; nothing when it is all text.
std::string_view fault_of(std::string_view line) noexcept {
    for (std::size_t at = 0; at < line.size();) {
        const auto byte = static_cast<unsigned char>(line[at]);
        const auto length = json::utf8_length(line.data() + at, line.data() + line.size());
        if (length == 0) return "not UTF-8";
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return "a control character";
        at += length;
    }
    return {};
}

}  // namespace

bundle_settings parse_settings(std::string_view text) {
    if (text.size() > most_settings_bytes)
        throw_error(errc::bad_bundle, std::string(settings_file) + ": more than 64 KiB");
    bundle_settings settings;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (const auto fault = fault_of(line); !fault.empty()) refuse_line(number, fault);
        line = detail::trimmed(line);
        if (line.empty() || line.front() == '#') continue;
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) refuse_line(number, "no =");
        const auto key = detail::trimmed(line.substr(0, equals));
        if (!is_key(key))
            refuse_line(number, detail::quoted(key) + " is no key: letters, digits and _, no digit first");
        if (settings.size() == most_variables) refuse_line(number, "more than 1000 variables");
        if (!settings.emplace(key, detail::trimmed(line.substr(equals + 1))).second)
            refuse_line(number, detail::quoted(key) + " again");
    }
    return settings;
}

bundle_settings load_settings(const std::filesystem::path& root) {
    const auto file = root / settings_file;
    struct stat status{};
    if (::lstat(file.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        detail::throw_errno("read", file.native());
    }
    if (!S_ISREG(status.st_mode)) throw_error(errc::bad_bundle, std::string(settings_file) + ": not a file");
    const auto fd = detail::open_file(file);
    std::string text(most_settings_bytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto count = detail::read_some(fd.get(), text.data() + size, text.size() - size, file);
        if (count == 0) break;
        size += count;
    }
    text.resize(size);
    return parse_settings(text);
}

}  // namespace mote::functions
