#include <apps/mote/dev/log_stream.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <poll.h>
#include <unistd.h>

namespace mote::command {
namespace {

struct source_look {
    std::string_view name;  // padded to one width
    std::string_view colour;
};

constexpr std::array<source_look, 5> looks = {{{.name = "mote     ", .colour = "1;34"},
                                               {.name = "nats     ", .colour = "35"},
                                               {.name = "build    ", .colour = "33"},
                                               {.name = "service  ", .colour = "32"},
                                               {.name = "functions", .colour = "36"}}};
constexpr std::size_t prefix_width = 12;
constexpr std::size_t least_width = 40;
constexpr std::string_view reset = "\x1b[0m";

std::string coloured(std::string_view code, std::string_view text) {
    return "\x1b[" + std::string(code) + "m" + std::string(text) + std::string(reset);
}

/// How long the control sequence at the begin of `text` is (it begins with ESC), and whether it is one of colours.
std::pair<std::size_t, bool> sequence_at(std::string_view text) {
    if (text.size() < 2) return {1, false};
    if (text[1] == '[') {
        const auto end = std::find_if(text.begin() + 2, text.end(), [](char c) { return c >= 0x40 && c <= 0x7e; });
        if (end == text.end()) return {text.size(), false};
        const auto size = static_cast<std::size_t>(end - text.begin()) + 1;
        const auto plain = text.substr(2, size - 3).find_first_not_of("0123456789;:") == std::string_view::npos;
        return {size, *end == 'm' && plain};
    }
    if (text[1] == ']') {  // ends with BEL or ESC backslash
        for (std::size_t at = 2; at < text.size(); ++at) {
            if (text[at] == '\a') return {at + 1, false};
            if (text[at] == '\x1b') return {std::min(at + 2, text.size()), false};
        }
        return {text.size(), false};
    }
    return {2, false};
}

std::string with_spaces(std::string_view text) {
    std::string result;
    for (const char c : text) result += c == '\t' ? std::string("    ") : std::string(1, c);
    return result;
}

}  // namespace

std::string shown_line(std::string_view text, bool colour) {
    while (text.ends_with('\r')) text.remove_suffix(1);
    if (const auto back = text.rfind('\r'); back != std::string_view::npos) text.remove_prefix(back + 1);
    std::string result;
    bool has_colour = false;
    while (!text.empty()) {
        const auto escape = std::min(text.find('\x1b'), text.size());
        result += printable(with_spaces(text.substr(0, escape)));
        text.remove_prefix(escape);
        if (text.empty()) break;
        const auto [size, is_colour] = sequence_at(text);
        if (is_colour && colour) {
            result += text.substr(0, size);
            has_colour = true;
        }
        text.remove_prefix(size);
    }
    return has_colour ? result + std::string(reset) : result;
}

void log_stream::line(log_source from, std::string_view text) {
    const auto& look = looks[static_cast<std::size_t>(from)];
    const std::string prefix = std::string(look.name) + " | ";
    write((reader_.colour ? coloured(look.colour, prefix) : prefix) + shown_line(text, reader_.colour) + "\n");
}

void log_stream::problem(std::string_view text) {
    line(log_source::mote, reader_.colour ? coloured("31", printable(text)) : std::string(text));
}

void log_stream::lines(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        line(log_source::mote, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void log_stream::clear() {
    if (reader_.interactive) write("\x1b[H\x1b[2J\x1b[3J");
}

terminal log_stream::reader() const noexcept {
    terminal inner = reader_;
    inner.width = std::max(look_at(STDOUT_FILENO, color_mode::never).width, prefix_width + least_width) - prefix_width;
    return inner;
}

/// Throws nothing: lines come from everywhere, and what is to end has to end all the same.
void log_stream::write(const std::string& text) {
    if (!on_closed_) return;
    std::exception_ptr failed;
    try {
        write_out(text);
    } catch (const failure&) {
        failed = std::current_exception();
    }
    pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    const bool closed = ::poll(&reader, 1, 0) == 1 && (reader.revents & (POLLERR | POLLHUP)) != 0;
    if (failed || closed) std::exchange(on_closed_, nullptr)(closed ? nullptr : failed);
}

}  // namespace mote::command
