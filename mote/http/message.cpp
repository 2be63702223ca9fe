#include <mote/http/message.hpp>

#include <mote/http/protocol/characters.hpp>

#include <algorithm>

namespace mote::http {

std::optional<std::string_view> response::header(std::string_view name) const noexcept {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const auto& h) { return protocol::same_name(h.first, name); });
    if (found == headers.end()) return std::nullopt;
    return found->second;
}

}  // namespace mote::http
