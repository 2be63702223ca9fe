#include <mote/micro/deadline.hpp>

#include <mote/micro/detail/text.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace mote::micro {
namespace {

constexpr std::size_t most_digits = 10;
constexpr std::int64_t most_milliseconds = 9'999'999'999;

using detail::is_digit;

}  // namespace

std::optional<std::chrono::milliseconds> deadline_in(const nats::headers_view& headers) {
    const auto value = headers.get(deadline_header);
    if (!value || value->empty() || value->size() > most_digits || !std::ranges::all_of(*value, is_digit))
        return std::nullopt;
    std::int64_t number = 0;
    std::from_chars(value->data(), value->data() + value->size(), number);
    return std::chrono::milliseconds(number);
}

void add_deadline(nats::headers& headers, std::chrono::nanoseconds remaining) {
    const std::int64_t whole = std::chrono::duration_cast<std::chrono::milliseconds>(remaining).count();
    headers.set(deadline_header, std::to_string(std::clamp<std::int64_t>(whole, 1, most_milliseconds)));
}

}  // namespace mote::micro
