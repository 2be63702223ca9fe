#include <apps/mote/look/watch_view.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace mote::command {
namespace {

constexpr std::size_t lines_around_the_table = 4;  // head, path, titles, keys
constexpr std::size_t longest_filter = 64;

char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool contains_text(const std::string& name, const std::string& text) {
    const auto same = [](char left, char right) { return lower_case(left) == lower_case(right); };
    return std::search(name.begin(), name.end(), text.begin(), text.end(), same) != name.end();
}

/// Without the last character, which may have several bytes.
void drop_last_character(std::string& text) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) text.pop_back();
    if (!text.empty()) text.pop_back();
}

std::string fitting(const std::string& text, const terminal& reader) {
    return shortened(text, reader.width, reader.ellipsis());
}

}  // namespace

watch_view::watch_view(std::string only) : only_(std::move(only)), levels_(1) {}

// ---- keys

void watch_view::press(const key_press& key) {
    if (std::exchange(helping_, false)) return;
    if (filtering_) return press_in_filter(key);
    const auto page = static_cast<std::ptrdiff_t>(page_);
    const auto all = static_cast<std::ptrdiff_t>(names_.size());
    switch (key.kind) {
        case key_kind::up: return move(-1);
        case key_kind::down: return move(1);
        case key_kind::page_up: return move(-page);
        case key_kind::page_down: return move(page);
        case key_kind::home: return move(-all);
        case key_kind::end: return move(all);
        case key_kind::enter:
        case key_kind::right: return go_in();
        case key_kind::escape:
        case key_kind::backspace:
        case key_kind::left: return go_back();
        case key_kind::text: return press_text(key.text);
    }
}

void watch_view::press_text(const std::string& text) {
    if (text == "q") ended_ = true;
    if (text == "j") move(1);
    if (text == "k") move(-1);
    if (text == "/") filtering_ = true;
    if (text == "?" || text == "h") helping_ = true;
    if (text == " ") stopped_ = !stopped_;
    if (text == "i") reversed_ = !reversed_;
    if (text == "s") order_by(static_cast<row_order>((static_cast<std::size_t>(order_) + 1) % row_orders));
    constexpr std::array<std::pair<char, row_order>, row_orders> keys = {{{'n', row_order::name},
                                                                          {'r', row_order::rate},
                                                                          {'e', row_order::errors},
                                                                          {'a', row_order::average},
                                                                          {'5', row_order::p50},
                                                                          {'9', row_order::p99},
                                                                          {'f', row_order::in_flight}}};
    for (const auto& [key, order] : keys)
        if (text.size() == 1 && text[0] == key) order_by(order);
}

/// Enter keeps the filter, Escape takes it away.
void watch_view::press_in_filter(const key_press& key) {
    std::string& filter = levels_.back().filter;
    switch (key.kind) {
        case key_kind::text:
            if (filter.size() < longest_filter) filter += key.text;
            return;
        case key_kind::backspace: return drop_last_character(filter);
        case key_kind::escape: filter.clear(); [[fallthrough]];
        case key_kind::enter: filtering_ = false; return;
        case key_kind::up: return move(-1);
        case key_kind::down: return move(1);
        default: return;
    }
}

void watch_view::move(std::ptrdiff_t rows) {
    if (names_.empty()) return;
    level& here = levels_.back();
    const auto last = static_cast<std::ptrdiff_t>(names_.size()) - 1;
    const auto place = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(here.place) + rows, 0, last);
    here.place = static_cast<std::size_t>(place);
    here.selected = names_[here.place];
}

void watch_view::go_in() {
    const std::size_t deepest = only_.empty() ? 2 : 1;
    if (depth() == deepest || names_.empty()) return;
    levels_.emplace_back();
    names_.clear();
}

void watch_view::go_back() {
    level& here = levels_.back();
    if (!here.filter.empty()) return here.filter.clear();
    if (depth() == 0) return;
    levels_.pop_back();
    names_.clear();
}

void watch_view::order_by(row_order order) {
    if (order_ != order) reversed_ = false;
    order_ = order;
}

// ---- lines

std::vector<activity> watch_view::rows_of(const traffic& seen) const {
    std::vector<std::string> path;
    if (!only_.empty()) path.push_back(only_);
    for (std::size_t at = 0; at < depth(); ++at) path.push_back(levels_[at].selected);
    auto rows = path.empty()       ? seen.services()
                : path.size() == 1 ? seen.endpoints(path[0])
                                   : seen.instances(path[0], path[1]);
    const std::string& filter = levels_.back().filter;
    std::erase_if(rows, [&](const activity& each) { return !contains_text(each.name, filter); });
    sort_rows(rows, order_, reversed_);
    return rows;
}

/// The person keeps the row that was chosen, wherever it goes; when it has gone, the place where it was.
void watch_view::settle(const std::vector<activity>& rows, std::size_t room) {
    names_.clear();
    for (const activity& each : rows) names_.push_back(each.name);
    page_ = std::max<std::size_t>(room, 1);
    level& here = levels_.back();
    if (names_.empty()) {
        here.place = here.first = 0;
        return;
    }
    const auto found = std::ranges::find(names_, here.selected);
    here.place = found != names_.end() ? static_cast<std::size_t>(found - names_.begin())
                                       : std::min(here.place, names_.size() - 1);
    here.selected = names_[here.place];
    here.first = std::clamp(here.first, here.place - std::min(here.place, page_ - 1), here.place);
    here.first = std::min(here.first, names_.size() - std::min(names_.size(), page_));
}

std::vector<std::string> watch_view::frame(const traffic& seen, const watch_status& status, const terminal& reader,
                                           std::size_t lines) {
    if (reader.width < least_columns || lines < least_lines) return too_small(reader, lines);
    const std::size_t room = lines - lines_around_the_table;
    const auto rows = rows_of(seen);
    settle(rows, room);
    const level& here = levels_.back();
    constexpr std::array<const char*, 3> titles = {"SERVICE", "ENDPOINT", "INSTANCE"};
    const watch_columns columns(reader.width - 2, titles.at(depth() + (only_.empty() ? 0 : 1)), reader);

    std::vector<std::string> shown;
    shown.push_back(head_line(seen, status, reader));
    shown.push_back(path_line(reader));
    shown.push_back(reader.bold("  " + columns.titles(order_, reversed_)));
    if (helping_) {
        for (auto& line : help(reader))
            if (shown.size() + 1 < lines) shown.push_back(std::move(line));
    } else {
        for (std::size_t at = here.first; at < std::min(rows.size(), here.first + room); ++at)
            shown.push_back(table_row(rows[at], columns, at == here.place, reader));
        if (rows.empty() && seen.rounds() != 0)
            shown.push_back(fitting(here.filter.empty() ? "  nothing there" : "  nothing of that name", reader));
    }
    shown.resize(lines - 1);
    shown.push_back(last_line(reader));
    return shown;
}

std::string watch_view::head_line(const traffic& seen, const watch_status& status, const terminal& reader) const {
    std::string text = "mote watch  " + printable(status.server);
    if (status.away) return reader.bold(fitting(text + "  away: connecting again", reader));
    if (!status.trouble.empty()) return reader.bold(fitting(text + "  " + printable(status.trouble), reader));
    text += "  " + counted(seen.instance_count(), "instance") + "  every " + readable(status.interval);
    if (stopped_) text += "  stands still";
    if (seen.cut()) text += "  too many: some are left out";
    return fitting(text, reader);
}

std::string watch_view::path_line(const terminal& reader) const {
    const std::string_view divider = reader.utf8 ? " › " : " > ";
    std::string text = only_.empty() ? "services" : printable(only_);
    for (std::size_t at = 0; at < depth(); ++at) text.append(divider).append(printable(levels_[at].selected));
    const level& here = levels_.back();
    if (filtering_ || !here.filter.empty()) text += "   /" + here.filter + (filtering_ ? "_" : "");
    text += "   by " + std::string(name_of(order_)) + (reversed_ ? ", reversed" : "");
    if (!names_.empty()) text += "   " + std::to_string(here.place + 1) + " of " + std::to_string(names_.size());
    return fitting(text, reader);
}

std::string watch_view::last_line(const terminal& reader) const {
    if (helping_) return reader.dim(fitting("any key: back", reader));
    if (filtering_) return reader.dim(fitting("Enter keep  Esc take away", reader));
    const bool deepest = depth() == (only_.empty() ? 2U : 1U);
    std::string text = "q quit  ";
    if (!deepest) text += "Enter in  ";
    if (depth() != 0) text += "Esc back  ";
    return reader.dim(fitting(text + "/ filter  s sort  ? help  i reverse  space stop", reader));
}

std::string watch_view::table_row(const activity& shown, const watch_columns& columns, bool selected,
                                  const terminal& reader) const {
    std::string line = (selected ? "> " : "  ") + columns.row(shown);
    if (!reader.colour) return line;
    // Errors are told by the number, too: a colour alone is not seen by all.
    if (shown.error_rate > 0) return (selected ? "\x1b[7;31m" : "\x1b[31m") + line + "\x1b[0m";
    return selected ? "\x1b[7m" + line + "\x1b[0m" : line;
}

std::vector<std::string> watch_view::too_small(const terminal& reader, std::size_t lines) const {
    const std::string text = "too small: " + std::to_string(reader.width) + "x" + std::to_string(lines) + ", needs " +
                             std::to_string(least_columns) + "x" + std::to_string(least_lines);
    std::vector<std::string> shown;
    if (lines != 0) shown.push_back(fitting(text, reader));
    if (lines > 1) shown.push_back(fitting("q quit", reader));
    return shown;
}

std::vector<std::string> watch_view::help(const terminal& reader) const {
    constexpr std::array<const char*, 14> texts = {"up, down, k, j     choose a row",
                                                   "page up, page down a screen further",
                                                   "home, end          the first, the last",
                                                   "Enter, right       into it",
                                                   "Esc, left          back",
                                                   "/                  only names with a text",
                                                   "s                  the next order",
                                                   "n r e              by name, rate, errors",
                                                   "a 5 9              by mean, p50, p99",
                                                   "f                  by what is in flight",
                                                   "i                  the other way round",
                                                   "space              stand still",
                                                   "q, Ctrl-C          the end",
                                                   "-                  it does not tell"};
    std::vector<std::string> lines;
    for (const char* const each : texts) lines.push_back(fitting(std::string("  ") + each, reader));
    return lines;
}

}  // namespace mote::command
