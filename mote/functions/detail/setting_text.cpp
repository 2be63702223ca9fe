#include <mote/functions/detail/setting_text.hpp>

#include <mote/nats/duration.hpp>

#include <charconv>

namespace mote::functions::detail {

std::optional<std::uint32_t> whole(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::chrono::nanoseconds> seconds_or_duration(std::string_view text) {
    if (const auto seconds = whole(text)) return std::chrono::seconds(*seconds);
    return nats::parse_duration(text);
}

}  // namespace mote::functions::detail
