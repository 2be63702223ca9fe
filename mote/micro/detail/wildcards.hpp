#pragma once

#include <string_view>

namespace mote::micro::detail {

/// True when a token of the subject is `*` or `>`, so that it cannot be published to as it is.
inline bool has_wildcards(std::string_view subject) noexcept {
    for (;;) {
        const auto dot = subject.find('.');
        const auto token = subject.substr(0, dot);
        if (token == "*" || token == ">") return true;
        if (dot == std::string_view::npos) return false;
        subject.remove_prefix(dot + 1);
    }
}

}  // namespace mote::micro::detail
