#pragma once

#include <apps/mote/terminal.hpp>

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace mote::command {

/// Who wrote a line.
enum class log_source { mote, nats, build, service, functions };

/// One stream of what all parts write, each line with the name of its part before it: `service | text`. On standard output.
class log_stream {
public:
    /// `on_closed` is called, once, when nothing can be written any more: with null when the reader of a pipe has gone.
    log_stream(terminal reader, std::function<void(const std::exception_ptr&)> on_closed)
        : reader_(reader), on_closed_(std::move(on_closed)) {}

    /// The text may be anything: see `shown_line`.
    void line(log_source from, std::string_view text);
    void note(std::string_view text) { line(log_source::mote, text); }
    /// What went wrong; in red, where there are colours.
    void problem(std::string_view text);
    /// Several lines of `mote`, such as a table.
    void lines(std::string_view text);
    /// Empties the screen of a terminal.
    void clear();

    /// What is left of the width beside the names.
    terminal reader() const noexcept;
    const terminal& whole() const noexcept { return reader_; }

private:
    void write(const std::string& text);

    terminal reader_;
    std::function<void(const std::exception_ptr&)> on_closed_;  // empty once it was called
};

/// A line of another program made fit for one line: its colours stay where `colour` is, all other control sequences go, and a
/// tab is four columns. Of what was overwritten by a carriage return the last is left.
std::string shown_line(std::string_view text, bool colour);

}  // namespace mote::command
