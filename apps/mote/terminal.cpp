#include <apps/mote/terminal.hpp>

#include <algorithm>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mote::command {
namespace {

std::string_view variable(const char* name) noexcept {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

bool is_utf8_locale() {
    for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value(variable(name));
        if (value.empty()) continue;
        std::ranges::transform(value, value.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
    return false;
}

std::size_t columns(int fd) noexcept {
    constexpr std::size_t usual = 80;
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : usual;
}

std::string styled(bool colour, std::string_view code, std::string_view text) {
    if (!colour) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace

std::string terminal::bold(std::string_view text) const { return styled(colour, "1", text); }
std::string terminal::dim(std::string_view text) const { return styled(colour, "2", text); }

terminal look_at(int fd, color_mode mode) {
    terminal seen;
    seen.interactive = ::isatty(fd) == 1;
    const bool wanted = variable("NO_COLOR").empty() && variable("TERM") != "dumb";
    seen.colour = mode == color_mode::always || (mode == color_mode::automatic && wanted && seen.interactive);
    seen.utf8 = is_utf8_locale();
    seen.width = columns(fd);
    return seen;
}

}  // namespace mote::command
