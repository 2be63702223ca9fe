#include <mote/jetstream/detail/wire.hpp>

#include <array>
#include <charconv>

namespace mote::jetstream::detail {
namespace {

constexpr std::size_t short_form = 9;  // tokens
constexpr std::size_t least_long_form = 11;
constexpr std::size_t long_form_extra = 2;  // domain and account hash, before the stream

/// Reads exactly `digits` digits off the front of `text`; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t digits) noexcept {
    if (text.size() < digits) return -1;
    int value = 0;
    for (const char each : text.substr(0, digits)) {
        if (each < '0' || each > '9') return -1;
        value = value * 10 + (each - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char expected) noexcept {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

/// `Z` or `+hh:mm`; the minutes east of UTC.
std::optional<int> parse_offset(std::string_view text) noexcept {
    if (text == "Z" || text == "z") return 0;
    const int sign = text.starts_with('-') ? -1 : 1;
    if (!take(text, '-') && !take(text, '+')) return std::nullopt;
    const int hours = take_digits(text, 2);
    if (hours < 0 || !take(text, ':')) return std::nullopt;
    const int minutes = take_digits(text, 2);
    if (minutes < 0 || !text.empty()) return std::nullopt;
    return sign * (hours * 60 + minutes);
}

std::chrono::nanoseconds take_fraction(std::string_view& text) noexcept {
    std::int64_t value = 0;
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits++ < 9) value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    for (; digits < 9; ++digits) value *= 10;
    return std::chrono::nanoseconds(value);
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc() || rest != end) return std::nullopt;
    return value;
}

std::optional<delivery_info> parse_ack_subject(std::string_view subject) noexcept {
    if (!subject.starts_with("$JS.ACK.")) return std::nullopt;
    std::array<std::string_view, 12> tokens;
    std::size_t count = 0;
    for (auto rest = subject; count < tokens.size();) {
        const auto dot = rest.find('.');
        tokens[count++] = rest.substr(0, dot);
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    if (count != short_form && count < least_long_form) return std::nullopt;
    const std::size_t first = 4 + (count == short_form ? 0 : long_form_extra);  // the delivery count
    const auto delivered = parse_number(tokens[first]);
    const auto stream_sequence = parse_number(tokens[first + 1]);
    const auto consumer_sequence = parse_number(tokens[first + 2]);
    const auto time = parse_number(tokens[first + 3]);
    const auto pending = parse_number(tokens[first + 4]);
    if (!delivered || !stream_sequence || !consumer_sequence || !time || !pending) return std::nullopt;
    delivery_info read;
    read.delivered = *delivered;
    read.stream_sequence = *stream_sequence;
    read.consumer_sequence = *consumer_sequence;
    read.time = std::chrono::system_clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(*time)));
    read.pending = *pending;
    return read;
}

std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) noexcept {
    namespace chrono = std::chrono;
    const int year = take_digits(text, 4);
    if (year < 1678 || year > 2261 || !take(text, '-')) return std::nullopt;
    const int month = take_digits(text, 2);
    if (!take(text, '-')) return std::nullopt;
    const int day = take_digits(text, 2);
    if (!take(text, 'T') && !take(text, 't')) return std::nullopt;
    const int hour = take_digits(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const int minute = take_digits(text, 2);
    if (!take(text, ':')) return std::nullopt;
    const int second = take_digits(text, 2);
    if (month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return std::nullopt;
    const chrono::nanoseconds fraction = take(text, '.') ? take_fraction(text) : chrono::nanoseconds(0);
    const auto offset = parse_offset(text);
    const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                      chrono::day(static_cast<unsigned>(day))};
    if (!offset || !date.ok()) return std::nullopt;
    return chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute - *offset) + chrono::seconds(second) +
           fraction;
}

}  // namespace mote::jetstream::detail
