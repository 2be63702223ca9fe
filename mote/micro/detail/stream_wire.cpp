#include <mote/micro/detail/stream_wire.hpp>

#include <mote/micro/detail/text.hpp>

#include <algorithm>
#include <charconv>

namespace mote::micro::detail {
namespace {

constexpr std::size_t most_digits = 18;

std::optional<std::uint64_t> number(std::string_view text) {
    if (text.empty() || text.size() > most_digits || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::optional<std::uint64_t> number_in(const nats::headers_view& headers, std::string_view name) {
    const auto value = headers.get(name);
    return value ? number(*value) : std::nullopt;
}

std::optional<std::uint64_t> window_in(const nats::headers_view& headers) {
    const auto window = number_in(headers, stream_window_header);
    if (!window || *window == 0) return std::nullopt;
    return std::min(*window, largest_window);
}

std::string more_order(std::uint64_t items) { return "+" + std::to_string(items); }

std::optional<stream_order> parse_order(std::string_view text) {
    stream_order order;
    if (text == cancel_order) {
        order.cancel = true;
        return order;
    }
    if (!text.starts_with('+')) return std::nullopt;
    const auto more = number(text.substr(1));
    if (!more) return std::nullopt;
    order.more = *more;
    return order;
}

}  // namespace mote::micro::detail
