#include <apps/mote/look/watch_columns.hpp>

#include <apps/mote/look/sparkline.hpp>
#include <apps/mote/text.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace mote::command {
namespace {

constexpr std::size_t narrowest_name = 12;
constexpr std::size_t usual_name = 20;  // past it a third of what is left is for names, the rest for bars
constexpr std::size_t narrowest_history = 6;
constexpr std::size_t widest_history = 60;

std::string time_text(const std::optional<std::chrono::nanoseconds>& time, bool utf8) {
    if (!time) return "-";
    std::string text = readable(*time);
    constexpr std::string_view micro_sign = "µ";
    const auto at = text.find(micro_sign);
    if (utf8 || at == std::string::npos) return text;
    return text.substr(0, at).append(1, 'u').append(text.substr(at + micro_sign.size()));
}

std::string count_text(const std::optional<std::uint64_t>& count) {
    return count ? rate_text(static_cast<double>(*count)) : "-";
}

/// What a row is sorted by, the most first; what is not known comes last.
double weight_of(const activity& row, row_order order) {
    const auto time = [](const std::optional<std::chrono::nanoseconds>& value) {
        return value ? static_cast<double>(value->count()) : -1;
    };
    switch (order) {
        case row_order::rate: return row.rate;
        case row_order::errors: return row.error_rate;
        case row_order::average: return time(row.average);
        case row_order::p50: return time(row.p50);
        case row_order::p99: return time(row.p99);
        case row_order::in_flight: return row.in_flight ? static_cast<double>(*row.in_flight) : -1;
        case row_order::name: break;
    }
    return 0;
}

}  // namespace

std::string_view name_of(row_order order) noexcept {
    constexpr std::array<std::string_view, row_orders> names = {"name", "rate", "errors",   "mean",
                                                                "p50",  "p99",  "in flight"};
    return names.at(static_cast<std::size_t>(order));
}

void sort_rows(std::vector<activity>& rows, row_order order, bool reversed) {
    std::ranges::sort(rows, {}, &activity::name);
    if (order != row_order::name)
        std::ranges::stable_sort(rows, [order](const activity& left, const activity& right) {
            return weight_of(left, order) > weight_of(right, order);
        });
    if (reversed) std::ranges::reverse(rows);
}

std::string rate_text(double rate) {
    constexpr std::array<std::string_view, 5> units = {"", "k", "M", "G", "T"};
    std::size_t unit = 0;
    while (rate >= (unit == 0 ? 9999.5 : 999.5) && unit + 1 < units.size()) {
        rate /= 1000;
        ++unit;
    }
    const int decimals = rate == 0 || rate >= 99.95 ? 0 : rate >= 9.995 || unit != 0 ? 1 : 2;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, rate);
    std::string result = text.data();
    if (result.find('.') != std::string::npos) {
        result.erase(result.find_last_not_of('0') + 1);
        if (result.ends_with('.')) result.pop_back();
    }
    return result.append(units.at(unit));
}

watch_columns::watch_columns(std::size_t width, std::string title, terminal reader)
    : title_(std::move(title)), reader_(reader) {
    // In the order of the table.
    std::vector<cell> wanted = {
        {kind::instances, 4}, {kind::rate, 6}, {kind::errors, 6},    {kind::average, 6},
        {kind::p50, 6},       {kind::p99, 6},  {kind::in_flight, 6}, {kind::history, narrowest_history}};
    constexpr std::array<kind, 6> leaving = {kind::average, kind::instances, kind::p50,
                                             kind::history, kind::in_flight, kind::p99};
    const auto left = [&] {
        std::size_t taken = 0;
        for (const cell& each : wanted) taken += each.width + 1;
        return width - std::min(width, taken);
    };
    for (const kind each : leaving) {
        if (left() >= narrowest_name) break;
        std::erase_if(wanted, [each](const cell& one) { return one.what == each; });
    }
    name_width_ = left();
    if (name_width_ > usual_name) name_width_ = usual_name + (name_width_ - usual_name) / 3;
    const std::size_t over = left() - name_width_;
    for (cell& each : wanted)
        if (each.what == kind::history) each.width = std::min(each.width + over, widest_history);
    cells_ = std::move(wanted);
}

std::string_view watch_columns::title_of(kind what) noexcept {
    switch (what) {
        case kind::instances: return "INST";
        case kind::rate: return "REQ/S";
        case kind::errors: return "ERR/S";
        case kind::average: return "MEAN";
        case kind::p50: return "P50";
        case kind::p99: return "P99";
        case kind::in_flight: return "INFLT";
        case kind::history: break;
    }
    return "RATE";
}

bool watch_columns::sorts(kind what, row_order order) noexcept {
    switch (what) {
        case kind::rate: return order == row_order::rate;
        case kind::errors: return order == row_order::errors;
        case kind::average: return order == row_order::average;
        case kind::p50: return order == row_order::p50;
        case kind::p99: return order == row_order::p99;
        case kind::in_flight: return order == row_order::in_flight;
        default: return false;
    }
}

std::string watch_columns::named(std::string_view text) const {
    const std::string cut = shortened(text, name_width_, reader_.ellipsis());
    return cut + std::string(name_width_ - std::min(name_width_, display_width(cut)), ' ');
}

std::string watch_columns::titles(row_order order, bool reversed) const {
    const std::string_view down = reader_.utf8 ? "▼" : "v";
    const std::string_view up = reader_.utf8 ? "▲" : "^";
    const auto marked = [&](std::string_view title, bool is_order) {
        return std::string(title).append(is_order ? (reversed ? up : down) : std::string_view());
    };
    std::string line = named(marked(title_, order == row_order::name));
    for (const cell& each : cells_) {
        const std::string title = marked(title_of(each.what), sorts(each.what, order));
        const std::string blanks(each.width - std::min(each.width, display_width(title)), ' ');
        line.append(1, ' ').append(each.what == kind::history ? title + blanks : blanks + title);
    }
    return line;
}

std::string watch_columns::row(const activity& shown) const {
    std::string line = named(printable(shown.name));
    for (const cell& each : cells_) line.append(1, ' ').append(text_of(each, shown));
    return line;
}

std::string watch_columns::text_of(const cell& which, const activity& shown) const {
    std::string text;
    switch (which.what) {
        case kind::instances: text = std::to_string(shown.instances); break;
        case kind::rate: text = rate_text(shown.rate); break;
        case kind::errors: text = rate_text(shown.error_rate); break;
        case kind::average: text = time_text(shown.average, reader_.utf8); break;
        case kind::p50: text = time_text(shown.p50, reader_.utf8); break;
        case kind::p99: text = time_text(shown.p99, reader_.utf8); break;
        case kind::in_flight: text = count_text(shown.in_flight); break;
        case kind::history: return sparkline(shown.history, which.width, reader_.utf8);
    }
    text = shortened(text, which.width, {});
    return std::string(which.width - display_width(text), ' ') + text;
}

}  // namespace mote::command
