#pragma once

#include <cstddef>
#include <string>
#include <termios.h>
#include <vector>

namespace mote::command {

struct screen_size {
    std::size_t columns = 80;
    std::size_t lines = 24;
};

/// The whole terminal, which keys come from as they are pressed: from `enter` (or the constructor) to `leave` (or the
/// destructor), which gives the terminal back as it was: what stood there, the cursor and its settings. Ctrl-C and Ctrl-Z
/// stay signals. These are plain escape sequences, which all terminals of today know, and not ncurses: lines are drawn whole,
/// and a library that keeps the terminal's state would have to share it with terminal.hpp and table.hpp.
class full_screen {
public:
    full_screen();
    full_screen(const full_screen&) = delete;
    full_screen& operator=(const full_screen&) = delete;
    ~full_screen();

    /// Both do nothing when it is so already.
    void enter();
    void leave() noexcept;

    static screen_size size() noexcept;
    /// Shows these lines from the top, which fit, and nothing below. Throws `failure` when the terminal is gone.
    void draw(const std::vector<std::string>& lines);
    /// What was typed since, without waiting. Nothing where standard input is no terminal.
    std::string read_keys() const;
    /// Whether there are keys at all.
    static bool has_keys() noexcept;

private:
    termios before_{};
    bool keys_ = false;  // `before_` is what standard input had
    bool entered_ = false;
};

}  // namespace mote::command
