#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace mote::node::detail {

/// Makes lines of what a process writes, for the log. Bytes are passed on as they are, also where they are not UTF-8.
///
/// A line ends with LF or CR LF. What is longer than the limit is cut there (not inside a character), gets `cut_mark`, and
/// is handed over at once; the rest of that line is skipped. Keeps at most the limit in memory. Not for two threads.
class line_splitter {
public:
    /// Most that any limit can be.
    static constexpr std::size_t hard_limit = 1 << 20;
    static constexpr std::string_view cut_mark = "...[cut]";

    /// `limit` is that of a line in bytes without its end; -1 (any below 1): `hard_limit`.
    explicit line_splitter(std::ptrdiff_t limit)
        : limit_(limit < 1 ? hard_limit : std::min(static_cast<std::size_t>(limit), hard_limit)) {}

    /// Calls `on_line(std::string_view)` for each line that `bytes` ends, in order. The view is good during the call.
    template <class OnLine>
    void feed(std::string_view bytes, OnLine&& on_line) {
        std::string_view line;
        while (take_line(bytes, line)) on_line(line);
    }

    /// The output has ended, or has been silent for long: calls `on_line` for what has no end yet, where there is any.
    template <class OnLine>
    void finish(OnLine&& on_line) {
        if (!kept_.empty() && !spent_) on_line(std::string_view(kept_).substr(0, limit_));
        kept_.clear();
        spent_ = skipping_ = false;
    }

private:
    /// Takes bytes off the front until a line is there; false when there is none in them.
    bool take_line(std::string_view& bytes, std::string_view& line);
    void cut();

    std::size_t limit_;
    std::string kept_{};  // of a line that has not ended; or, when spent_, the line that was handed over last
    bool spent_ = false;
    bool skipping_ = false;  // the line is over its limit
};

}  // namespace mote::node::detail
