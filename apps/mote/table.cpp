#include <apps/mote/table.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace mote::command {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest = 8;  // of a column that is cut

std::vector<std::string> all_printable(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = printable(cell);
    return cells;
}

}  // namespace

table::table(std::vector<column> columns) : columns_(std::move(columns)) {}

void table::add(std::vector<std::string> cells) {
    assert(cells.size() == columns_.size());
    rows_.push_back(all_printable(std::move(cells)));
}

void table::set_totals(std::vector<std::string> cells) {
    assert(cells.size() == columns_.size());
    totals_ = all_printable(std::move(cells));
}

std::string table::render(const terminal& reader) const {
    if (rows_.empty()) return {};
    return reader.interactive ? for_people(reader) : for_programs(reader);
}

std::string table::for_programs(const terminal& reader) const {
    std::string text;
    for (const column& each : columns_) text.append(text.empty() ? "" : "\t").append(each.title);
    text = reader.bold(text) + "\n";
    for (const auto& row : rows_) {
        for (std::size_t at = 0; at < row.size(); ++at) text.append(at == 0 ? "" : "\t").append(row[at]);
        text += "\n";
    }
    return text;
}

std::string table::for_people(const terminal& reader) const {
    const auto chosen = widths(reader);
    std::vector<std::string> titles;
    for (const column& each : columns_) titles.push_back(each.title);
    const std::size_t whole = std::accumulate(chosen.begin(), chosen.end(), gap.size() * (chosen.size() - 1));
    std::string rule;
    for (std::size_t at = 0; at < whole; ++at) rule += reader.utf8 ? "─" : "-";
    rule = reader.dim(rule) + "\n";

    std::string text = reader.bold(line(titles, chosen, reader)) + "\n" + rule;
    for (const auto& row : rows_) text += line(row, chosen, reader) + "\n";
    if (!totals_.empty()) text += rule + line(totals_, chosen, reader) + "\n";
    return text;
}

/// What each column needs; where that is too much, the widest flexible one gives way first.
std::vector<std::size_t> table::widths(const terminal& reader) const {
    std::vector<std::size_t> result;
    for (const column& each : columns_) result.push_back(display_width(each.title));
    const auto widen = [&](const std::vector<std::string>& cells) {
        for (std::size_t at = 0; at < cells.size(); ++at) result[at] = std::max(result[at], display_width(cells[at]));
    };
    std::ranges::for_each(rows_, widen);
    widen(totals_);

    std::size_t whole = std::accumulate(result.begin(), result.end(), gap.size() * (result.size() - 1));
    while (whole > reader.width) {
        std::size_t widest = result.size();
        for (std::size_t at = 0; at < result.size(); ++at)
            if (columns_[at].flexible && (widest == result.size() || result[at] > result[widest])) widest = at;
        if (widest == result.size() || result[widest] <= narrowest) break;
        --result[widest];
        --whole;
    }
    return result;
}

std::string table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                        const terminal& reader) const {
    std::string text;
    for (std::size_t at = 0; at < cells.size(); ++at) {
        const std::string cell = shortened(cells[at], widths[at], reader.ellipsis());
        const std::string blanks(widths[at] - std::min(widths[at], display_width(cell)), ' ');
        if (at != 0) text += gap;
        text += columns_[at].side == align::right ? blanks + cell : cell + blanks;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace mote::command
