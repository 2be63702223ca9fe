#pragma once

#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {

/// A real terminal with a shell in it, kept by a tmux server of its own, which ends with this object and with this process.
/// The shell's prompt is `READY `. What goes wrong with tmux is a `std::runtime_error`.
class tmux_terminal {
public:
    using milliseconds = std::chrono::milliseconds;

    /// `options`: the environment of the shell.
    tmux_terminal(unsigned columns, unsigned lines, process_options options);
    tmux_terminal(const tmux_terminal&) = delete;
    tmux_terminal& operator=(const tmux_terminal&) = delete;
    ~tmux_terminal();

    /// What is seen now, line by line, without blanks at the ends.
    std::vector<std::string> lines() const;
    std::string text() const;
    /// Looks until what is seen has this text, or fulfils this; false when the time is over.
    bool wait_for(const std::string& text, milliseconds timeout = std::chrono::seconds(30)) const;
    bool wait_until(const std::function<bool(const std::vector<std::string>&)>& seen,
                    milliseconds timeout = std::chrono::seconds(30)) const;

    /// Types text as it is; a key by its name in tmux, such as `Enter`, `Escape`, `Up`, `C-c`.
    void type(const std::string& text) const;
    void press(const std::string& key) const;
    /// A line for the shell.
    void command(const std::string& line) const;
    void resize(unsigned columns, unsigned lines) const;
    /// One of tmux's variables of the terminal: `alternate_on`, `cursor_flag`, `pane_current_command`.
    std::string variable(const std::string& name) const;

private:
    run_result ask(std::vector<std::string> arguments) const;
    bool try_tmux(std::vector<std::string> arguments) const;
    std::string tmux(std::vector<std::string> arguments) const;

    std::string socket_;
    temp_dir directory_;
    process_options options_;
    std::unique_ptr<process> server_;
};

}  // namespace mote::test
