#pragma once

#include <apps/mote/look/traffic.hpp>
#include <apps/mote/terminal.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// What rows can be sorted by.
enum class row_order { name, rate, errors, average, p50, p99, in_flight };
inline constexpr std::size_t row_orders = 7;

/// Like `rate`, for a person.
std::string_view name_of(row_order order) noexcept;

/// By name from a to z, else the most first; `reversed` the other way round. Equal ones are by name.
void sort_rows(std::vector<activity>& rows, row_order order, bool reversed);

/// `0`, `0.25`, `12.5`, `1234`, `56.7k`: at most five columns.
std::string rate_text(double rate);

/// The columns of a table that fit into `width`, the first of which has the name and takes what is left. Which: the narrower,
/// the fewer, and those that matter least go first.
class watch_columns {
public:
    /// `title` of the first column.
    watch_columns(std::size_t width, std::string title, terminal reader);

    /// Fills the width. The one that rows are sorted by is marked.
    std::string titles(row_order order, bool reversed) const;
    /// Has at most the width.
    std::string row(const activity& shown) const;

private:
    enum class kind { instances, rate, errors, average, p50, p99, in_flight, history };
    struct cell {
        kind what;
        std::size_t width;
    };
    static std::string_view title_of(kind what) noexcept;
    static bool sorts(kind what, row_order order) noexcept;
    std::string text_of(const cell& which, const activity& shown) const;
    std::string named(std::string_view text) const;

    std::string title_;
    terminal reader_;
    std::size_t name_width_ = 0;
    std::vector<cell> cells_;
};

}  // namespace mote::command
