#include <mote/jetstream/rfc3339.hpp>

#include <mote/jetstream/detail/wire.hpp>

#include <cstdint>
#include <string_view>

namespace mote::jetstream {
namespace {

void append_number(std::string& to, std::int64_t number, std::size_t digits) {
    const auto text = std::to_string(number);
    if (text.size() < digits) to.append(digits - text.size(), '0');
    to += text;
}

}  // namespace

std::string to_rfc3339(std::chrono::system_clock::time_point time) {
    namespace chrono = std::chrono;
    const auto day = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(chrono::duration_cast<chrono::nanoseconds>(time - day));
    std::string text;
    append_number(text, static_cast<int>(date.year()), 4);
    text += '-';
    append_number(text, static_cast<unsigned>(date.month()), 2);
    text += '-';
    append_number(text, static_cast<unsigned>(date.day()), 2);
    text += 'T';
    append_number(text, clock.hours().count(), 2);
    text += ':';
    append_number(text, clock.minutes().count(), 2);
    text += ':';
    append_number(text, clock.seconds().count(), 2);
    text += '.';
    append_number(text, clock.subseconds().count(), 9);
    return text += 'Z';
}

std::optional<std::chrono::system_clock::time_point> from_rfc3339(std::string_view text) noexcept {
    return detail::parse_time(text);
}

}  // namespace mote::jetstream
