#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::command {

/// Lines of what comes in pieces. A line longer than 16 KiB is handed out in parts of that length.
class line_splitter {
public:
    explicit line_splitter(std::function<void(std::string_view line)> on_line) : on_line_(std::move(on_line)) {}

    void take(std::string_view piece);
    /// Hands out what has no end of line.
    void finish();

private:
    void hand_out();

    std::function<void(std::string_view)> on_line_;
    std::string unfinished_;
};

}  // namespace mote::command
