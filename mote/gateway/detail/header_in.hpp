#pragma once

#include <mote/http/message.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

namespace mote::gateway::detail {

/// The value of the first header of that name, in upper or lower case.
inline std::optional<std::string_view> header_in(std::span<const http::header_view> headers, std::string_view name) {
    const auto found =
        std::ranges::find_if(headers, [&](const http::header_view& each) { return http::same_name(each.name, name); });
    if (found == headers.end()) return std::nullopt;
    return found->value;
}

}  // namespace mote::gateway::detail
