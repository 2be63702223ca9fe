#include <apps/mote/look/screen.hpp>

#include <apps/mote/output.hpp>

#include <array>
#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mote::command {
namespace {

// xterm's names: the other screen and back, the cursor shown and not, lines wrapped and not.
constexpr std::string_view begin_screen = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
// From the top; nothing is shown before the end of the frame, where the terminal knows of such.
constexpr std::string_view begin_frame = "\x1b[?2026h\x1b[H";
constexpr std::string_view end_frame = "\x1b[?2026l";
constexpr std::string_view end_screen = "\x1b[?7h\x1b[?25h\x1b[?1049l";

}  // namespace

full_screen::full_screen() { enter(); }

full_screen::~full_screen() { leave(); }

void full_screen::enter() {
    if (entered_) return;
    keys_ = has_keys() && ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (keys_) {
        termios by_key = before_;
        by_key.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        by_key.c_cc[VMIN] = 0;  // a read never waits; no O_NONBLOCK, which whoever else has this terminal would get too
        by_key.c_cc[VTIME] = 0;
        ::tcsetattr(STDIN_FILENO, TCSADRAIN, &by_key);
    }
    entered_ = true;
    try {
        write_out(begin_screen);
    } catch (...) {
        leave();
        throw;
    }
}

void full_screen::leave() noexcept {
    if (!entered_) return;
    entered_ = false;
    try {
        write_out(end_screen);
    } catch (...) {
        // The terminal is gone; its settings are set all the same.
    }
    // What was typed and not read is dropped: the shell must not take it for a command.
    if (keys_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

screen_size full_screen::size() noexcept {
    winsize told{};
    screen_size size;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &told) != 0) return size;
    if (told.ws_col != 0) size.columns = told.ws_col;
    if (told.ws_row != 0) size.lines = told.ws_row;
    return size;
}

void full_screen::draw(const std::vector<std::string>& lines) {
    std::string text(begin_frame);
    // A line is erased first: behind a line that fills the width the cursor still stands on its last character.
    for (const std::string& line : lines)
        text.append(&line == &lines.front() ? "" : "\r\n").append("\x1b[K").append(line);
    if (lines.size() < size().lines) text.append("\r\n\x1b[J");
    write_out(text.append(end_frame));
}

std::string full_screen::read_keys() const {
    std::string bytes;
    if (!keys_) return bytes;
    std::array<char, 256> part{};
    for (;;) {
        const ssize_t count = ::read(STDIN_FILENO, part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count > 0) bytes.append(part.data(), static_cast<std::size_t>(count));
        if (count < static_cast<ssize_t>(part.size())) return bytes;
    }
}

bool full_screen::has_keys() noexcept { return ::isatty(STDIN_FILENO) == 1; }

}  // namespace mote::command
