#include <mote/json/detail/time.hpp>

#include <chrono>
#include <cstddef>

namespace mote::json::detail {
namespace {

constexpr std::int64_t first_second = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t last_second = 253'402'300'799;   // 9999-12-31T23:59:59Z
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = 86'400;

std::int64_t floor_div(std::int64_t value, std::int64_t by) noexcept { return value / by - (value % by < 0 ? 1 : 0); }

void append_digits(std::string& out, std::int64_t number, std::size_t digits) {
    const std::size_t begin = out.size();
    out.resize(begin + digits);
    for (std::size_t at = begin + digits; at-- > begin; number /= 10) out[at] = static_cast<char>('0' + number % 10);
}

/// Takes what it reads off the front; `good` is false after the first mistake.
struct scanner {
    std::string_view rest;
    bool good = true;

    std::int64_t digits(std::size_t count) noexcept {
        std::int64_t number = 0;
        for (; count > 0; --count) {
            good = good && !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
            if (!good) return 0;
            number = number * 10 + (rest.front() - '0');
            rest.remove_prefix(1);
        }
        return number;
    }

    bool take(std::string_view any_of) noexcept {
        if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
        rest.remove_prefix(1);
        return true;
    }

    void need(std::string_view any_of) noexcept { good = take(any_of) && good; }
};

/// Nanoseconds of the digits after the dot.
std::int64_t fraction(scanner& in) noexcept {
    std::int64_t nanoseconds = 0;
    std::int64_t unit = second / 10;
    do {
        nanoseconds += in.digits(1) * unit;
        unit /= 10;
    } while (in.good && !in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9');
    return nanoseconds;
}

/// Seconds that the local time is ahead of UTC.
std::int64_t offset(scanner& in) noexcept {
    if (in.take("Zz")) return 0;
    const bool behind = in.take("-");
    if (!behind) in.need("+");
    const std::int64_t hours = in.digits(2);
    in.need(":");
    const std::int64_t minutes = in.digits(2);
    in.good = in.good && hours < 24 && minutes < 60;
    return (hours * 60 + minutes) * (behind ? -60 : 60);
}

}  // namespace

std::optional<instant> instant_of(std::int64_t ticks, tick period) noexcept {
    std::int64_t total = 0;
    if (__builtin_mul_overflow(ticks, period.numerator, &total)) return std::nullopt;
    instant time;
    time.seconds = floor_div(total, period.denominator);
    time.nanoseconds = (total - time.seconds * period.denominator) * (second / period.denominator);
    if (time.seconds < first_second || time.seconds > last_second) return std::nullopt;
    return time;
}

std::optional<std::int64_t> ticks_of(const instant& time, tick period) noexcept {
    std::int64_t total = 0;
    const std::int64_t part = time.nanoseconds / (second / period.denominator);
    if (__builtin_mul_overflow(time.seconds, period.denominator, &total) || __builtin_add_overflow(total, part, &total))
        return std::nullopt;
    return floor_div(total, period.numerator);
}

void append_time(std::string& out, const instant& time) {
    const std::int64_t days = floor_div(time.seconds, day);
    const std::int64_t of_day = time.seconds - days * day;
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    append_digits(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, of_day / 3600, 2);
    out += ':';
    append_digits(out, of_day / 60 % 60, 2);
    out += ':';
    append_digits(out, of_day % 60, 2);
    if (time.nanoseconds != 0) {
        out += '.';
        if (time.nanoseconds % 1'000'000 == 0)
            append_digits(out, time.nanoseconds / 1'000'000, 3);
        else if (time.nanoseconds % 1000 == 0)
            append_digits(out, time.nanoseconds / 1000, 6);
        else
            append_digits(out, time.nanoseconds, 9);
    }
    out += 'Z';
}

std::optional<instant> parse_time(std::string_view text) noexcept {
    scanner in{text};
    const auto year = in.digits(4);
    in.need("-");
    const auto month = in.digits(2);
    in.need("-");
    const auto of_month = in.digits(2);
    in.need("Tt ");
    const auto hour = in.digits(2);
    in.need(":");
    const auto minute = in.digits(2);
    in.need(":");
    const auto of_minute = in.digits(2);
    instant time;
    if (in.take(".")) time.nanoseconds = fraction(in);
    const auto ahead = offset(in);
    const auto date = std::chrono::year(static_cast<int>(year)) / static_cast<int>(month) / static_cast<int>(of_month);
    if (!in.good || !in.rest.empty() || !date.ok() || hour > 23 || minute > 59 || of_minute > 60) return std::nullopt;
    time.seconds =
        std::chrono::sys_days(date).time_since_epoch().count() * day + (hour * 60 + minute) * 60 + of_minute - ahead;
    return time;
}

}  // namespace mote::json::detail
