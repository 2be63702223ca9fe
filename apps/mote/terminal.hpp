#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mote::command {

/// --color
enum class color_mode { automatic, always, never };

/// What the reader of an output can show.
struct terminal {
    bool interactive = false;  ///< a person looks at it: tables are aligned and cut to `width`
    bool colour = false;
    bool utf8 = false;       ///< lines and dots may be other characters than ASCII
    std::size_t width = 80;  ///< columns

    std::string bold(std::string_view text) const;
    std::string dim(std::string_view text) const;
    std::string_view ellipsis() const noexcept { return utf8 ? "…" : "..."; }
};

/// Looks at a file descriptor. Colours: `mode`, else never with NO_COLOR (no-color.org) or TERM=dumb, else on a terminal.
terminal look_at(int fd, color_mode mode);

}  // namespace mote::command
