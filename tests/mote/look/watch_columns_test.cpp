// The columns of `mote watch`: which fit, how rows are sorted, what their cells say.

#include <apps/mote/look/watch_columns.hpp>

#include <apps/mote/text.hpp>

#include <algorithm>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using command::activity;
using command::row_order;
using command::watch_columns;

command::terminal modern() {
    command::terminal reader;
    reader.utf8 = true;
    return reader;
}

activity busy(const std::string& name, double rate) {
    activity row;
    row.name = name;
    row.instances = 3;
    row.rate = rate;
    row.error_rate = 0.5;
    row.average = 12'300ns;
    row.p50 = 1250us;
    row.p99 = 680ms;
    row.in_flight = 7;
    row.history = {1, 2, 4};
    return row;
}

std::vector<std::string> sorted(std::vector<activity> rows, row_order order, bool reversed = false) {
    command::sort_rows(rows, order, reversed);
    std::vector<std::string> names;
    for (const auto& each : rows) names.push_back(each.name);
    return names;
}

TEST(columns_of_watch, are_all_there_at_80) {
    const watch_columns columns(78, "SERVICE", modern());
    EXPECT_EQ(columns.titles(row_order::rate, false),
              "SERVICE               INST REQ/S▼  ERR/S   MEAN    P50    P99  INFLT RATE     ");
    EXPECT_EQ(columns.row(busy("Orders", 1234)),
              "Orders                   3   1234    0.5 12.3µs 1.25ms  680ms      7       ▃▅█");
}

TEST(columns_of_watch, fill_each_width_and_never_more) {
    for (std::size_t width = 20; width < 250; ++width) {
        const watch_columns columns(width, "SERVICE", modern());
        const auto row = columns.row(busy(std::string(300, 'x'), 123456));
        EXPECT_LE(command::display_width(row), width);
        EXPECT_EQ(command::display_width(columns.titles(row_order::p99, true)), command::display_width(row)) << width;
    }
}

TEST(columns_of_watch, that_matter_least_go_first) {
    const std::string narrow = watch_columns(38, "SERVICE", modern()).titles(row_order::name, false);
    EXPECT_EQ(narrow, "SERVICE▼           REQ/S  ERR/S    P99");
    const std::string wide = watch_columns(118, "SERVICE", modern()).titles(row_order::name, true);
    EXPECT_NE(wide.find("SERVICE▲ "), std::string::npos);
    EXPECT_NE(wide.find("MEAN"), std::string::npos);
}

TEST(columns_of_watch, are_ascii_where_there_is_no_utf8) {
    const watch_columns columns(78, "SERVICE", {});
    for (const auto& line : {columns.titles(row_order::rate, false), columns.row(busy("Orders", 1))})
        EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
    EXPECT_NE(columns.row(busy("Orders", 1)).find("12.3us"), std::string::npos);
}

TEST(columns_of_watch, show_what_is_not_told_as_a_dash) {
    activity other;
    other.name = "Other";
    EXPECT_EQ(watch_columns(78, "SERVICE", modern()).row(other).substr(0, 72),
              "Other                    0      0      0      -      -      -      -    ");
}

TEST(columns_of_watch, cannot_be_broken_by_a_name) {
    const auto row = watch_columns(78, "SERVICE", modern()).row(busy("\x1b[2J\n\u202eevil", 1));
    EXPECT_EQ(row.find('\x1b'), std::string::npos);
    EXPECT_EQ(row.find('\n'), std::string::npos);
    EXPECT_EQ(command::display_width(row), 78U);
}

TEST(rows_of_watch, are_sorted_by_the_most_and_by_name_where_they_are_equal) {
    const std::vector<activity> rows{busy("c", 1), busy("b", 9), busy("a", 1)};
    EXPECT_EQ(sorted(rows, row_order::name), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(sorted(rows, row_order::rate), (std::vector<std::string>{"b", "a", "c"}));
    EXPECT_EQ(sorted(rows, row_order::rate, true), (std::vector<std::string>{"c", "a", "b"}));
    EXPECT_EQ(sorted(rows, row_order::p99), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(rows_of_watch, that_do_not_tell_come_last) {
    auto silent = busy("a", 1);
    silent.p50.reset();
    silent.in_flight.reset();
    EXPECT_EQ(sorted({silent, busy("b", 1)}, row_order::p50), (std::vector<std::string>{"b", "a"}));
    EXPECT_EQ(sorted({silent, busy("b", 1)}, row_order::in_flight), (std::vector<std::string>{"b", "a"}));
}

TEST(rates, are_short) {
    using command::rate_text;
    EXPECT_EQ(rate_text(0), "0");
    EXPECT_EQ(rate_text(0.25), "0.25");
    EXPECT_EQ(rate_text(12.54), "12.5");
    EXPECT_EQ(rate_text(20), "20");
    EXPECT_EQ(rate_text(9999), "9999");
    EXPECT_EQ(rate_text(56'700), "56.7k");
    EXPECT_EQ(rate_text(999'960), "1M");
    EXPECT_EQ(rate_text(1.25e9), "1.2G");
    for (double rate = 1e-3; rate < 1e15; rate *= 1.07) EXPECT_LE(rate_text(rate).size(), 6U) << rate;
}

}  // namespace
}  // namespace mote::test
