#pragma once

#include <apps/mote/terminal.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

enum class align { left, right };

struct column {
    std::string title{};
    align side = align::left;
    bool flexible = false;  ///< may be cut where the terminal is too narrow
};

/// Rows of text. On a terminal: aligned under a heading and cut to its width, with the totals below. Otherwise for programs:
/// a line with the titles, then a line a row, whole, with a tab between; without totals. Cells may hold any text.
class table {
public:
    explicit table(std::vector<column> columns);

    /// As many cells as there are columns.
    void add(std::vector<std::string> cells);
    /// A last row for people.
    void set_totals(std::vector<std::string> cells);
    /// Empty without rows.
    std::string render(const terminal& reader) const;

private:
    std::string for_programs(const terminal& reader) const;
    std::string for_people(const terminal& reader) const;
    std::vector<std::size_t> widths(const terminal& reader) const;
    std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                     const terminal& reader) const;

    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
    std::vector<std::string> totals_;
};

}  // namespace mote::command
