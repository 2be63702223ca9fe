#pragma once

#include <apps/mote/look/keys.hpp>
#include <apps/mote/look/traffic.hpp>
#include <apps/mote/look/watch_columns.hpp>
#include <apps/mote/terminal.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What stands above the table besides what the view knows itself.
struct watch_status {
    std::string server{};
    bool away = false;      ///< the connection is being made again
    std::string trouble{};  ///< why the last round came to nothing; empty: it did not
    std::chrono::nanoseconds interval{};
};

/// What `mote watch` shows on a terminal and where the person is in it: services, the endpoints of one, or the instances of one
/// of these. Keys in, lines out; no terminal and no connection.
class watch_view {
public:
    static constexpr std::size_t least_columns = 40;
    static constexpr std::size_t least_lines = 8;

    /// `only`: the service that is watched; empty: all.
    explicit watch_view(std::string only);

    /// Uses what `frame` showed last: where the selection is, and how long a page is.
    void press(const key_press& key);
    /// q was pressed.
    bool ended() const noexcept { return ended_; }
    /// What is shown stays as it is.
    bool stopped() const noexcept { return stopped_; }

    /// As many lines as there are, each at most so wide, for a terminal of `reader.width` columns. In one that is too small
    /// it says so.
    std::vector<std::string> frame(const traffic& seen, const watch_status& status, const terminal& reader,
                                   std::size_t lines);

private:
    /// A table: which, and where the person is in it.
    struct level {
        std::string selected{};  // a name; it is looked for again in each frame
        std::size_t place = 0;   // where it was last
        std::size_t first = 0;   // the first row that is seen
        std::string filter{};
    };

    void press_text(const std::string& text);
    void press_in_filter(const key_press& key);
    void move(std::ptrdiff_t rows);
    void go_in();
    void go_back();
    void order_by(row_order order);
    std::size_t depth() const noexcept { return levels_.size() - 1; }

    std::vector<activity> rows_of(const traffic& seen) const;
    /// Finds the selected row again, and what is to be seen of the table.
    void settle(const std::vector<activity>& rows, std::size_t room);
    std::string head_line(const traffic& seen, const watch_status& status, const terminal& reader) const;
    std::string path_line(const terminal& reader) const;
    std::string last_line(const terminal& reader) const;
    std::string table_row(const activity& shown, const watch_columns& columns, bool selected,
                          const terminal& reader) const;
    std::vector<std::string> too_small(const terminal& reader, std::size_t lines) const;
    std::vector<std::string> help(const terminal& reader) const;

    std::string only_;
    std::vector<level> levels_;  // the services, or the endpoints of `only_`, and those that were gone into
    row_order order_ = row_order::rate;
    bool reversed_ = false;
    bool filtering_ = false;
    bool helping_ = false;
    bool stopped_ = false;
    bool ended_ = false;
    std::vector<std::string> names_;  // of the rows in the last frame, in their order
    std::size_t page_ = 1;            // rows that the last frame had room for
};

}  // namespace mote::command
