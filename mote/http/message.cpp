#include <mote/http/message.hpp>

#include <mote/http/protocol/characters.hpp>

#include <algorithm>

namespace mote::http {

bool same_name(std::string_view a, std::string_view b) noexcept { return protocol::same_name(a, b); }

bool has_word(std::string_view list, std::string_view word) noexcept {
    for (;;) {
        const auto comma = list.find(',');
        if (protocol::same_name(protocol::trimmed(list.substr(0, comma)), word)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

std::optional<std::string_view> response::header(std::string_view name) const noexcept {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const auto& h) { return protocol::same_name(h.first, name); });
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

}  // namespace mote::http
