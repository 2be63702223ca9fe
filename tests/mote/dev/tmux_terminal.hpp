#pragma once

#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mote::test {

/// A command in a real terminal: a window of a tmux server of its own, which ends with this object. A shell is around it, which
/// keeps the exit code, and the settings of the terminal before and after it.
class tmux_terminal {
public:
    using milliseconds = std::chrono::milliseconds;

    tmux_terminal(const std::vector<std::string>& argv, process_options options, const std::string& size = "120x40");
    tmux_terminal(const tmux_terminal&) = delete;
    tmux_terminal& operator=(const tmux_terminal&) = delete;
    ~tmux_terminal();

    /// What a person types.
    void type(const std::string& keys) const;
    /// A key by tmux's name for it, such as C-c.
    void press(const std::string& name) const;

    /// All that is on the screen, and what was scrolled out of it.
    std::string text() const;
    /// Only what can be seen.
    std::string screen() const;
    /// As `text`, with the escapes of colours.
    std::string coloured_text() const;
    /// Whether the text comes to have this, as often as `times`.
    bool wait_for(const std::string& part, std::size_t times = 1,
                  milliseconds timeout = std::chrono::seconds(60)) const;
    /// The exit code, as a shell says it; nothing when the time is over.
    std::optional<int> wait(milliseconds timeout = std::chrono::seconds(60)) const;
    /// Of the command's process, which the shell has started.
    pid_t pid() const;

    std::string settings_before() const;
    std::string settings_after() const;

private:
    std::string tmux(std::vector<std::string> arguments) const;

    temp_dir directory_;
    process_options options_;
};

}  // namespace mote::test
