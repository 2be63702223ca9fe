#pragma once

#include <apps/mote/terminal.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace mote::command {

/// Lines of `label  value` for one reader; long values are cut only where a person looks. Labels and values may hold any text.
class sheet {
public:
    explicit sheet(terminal reader) : reader_(reader) {}

    /// Nothing for an empty value.
    void field(std::size_t indent, std::string_view label, std::string_view value);
    void heading(std::size_t indent, std::string_view title);
    /// Lines that are printable already, each behind so many blanks.
    void lines(std::size_t indent, std::string_view text);
    void blank_line() { text_ += "\n"; }
    const std::string& text() const noexcept { return text_; }

private:
    terminal reader_;
    std::string text_;
};

}  // namespace mote::command
