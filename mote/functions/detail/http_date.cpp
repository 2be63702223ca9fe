#include <mote/functions/detail/http_date.hpp>

#include <mote/functions/detail/setting_text.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace mote::functions::detail {
namespace {

using std::chrono::sys_seconds;

/// What a form says, still as text.
struct date_parts {
    std::string_view day{};
    std::string_view month{};
    std::string_view year{};
    std::string_view time{};  // 08:49:37
};

std::optional<std::chrono::month> month_of(std::string_view text) {
    static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto* const found = std::ranges::find(months, text);
    if (found == months.end()) return std::nullopt;
    return std::chrono::month(static_cast<unsigned>(found - months.begin()) + 1);
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = whole(text.substr(0, 2));
    const auto minute = whole(text.substr(3, 2));
    const auto second = whole(text.substr(6, 2));
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<sys_seconds> made_of(const date_parts& parts) {
    const auto day = whole(parts.day);
    const auto month = month_of(parts.month);
    const auto year = whole(parts.year);
    const auto time = time_of_day(parts.time);
    if (!day || !month || !year || !time) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), *month, std::chrono::day(*day)};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + *time;
}

/// `06-Nov-94 08:49:37 GMT`
std::optional<sys_seconds> two_digit_date(std::string_view text, sys_seconds now) {
    constexpr std::size_t size = 22;
    constexpr int century = 100;
    if (text.size() != size || text[2] != '-' || text[6] != '-' || text[9] != ' ' || text.substr(18) != " GMT")
        return std::nullopt;
    const auto two = whole(text.substr(7, 2));
    if (!two) return std::nullopt;
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const int this_year = static_cast<int>(today.year());
    int year = this_year - this_year % century + static_cast<int>(*two);
    if (year < this_year - 50) year += century;
    std::optional<sys_seconds> made;
    for (; !made || *made > now + std::chrono::years(50); year -= century) {
        const auto digits = std::to_string(year);
        made = made_of({text.substr(0, 2), text.substr(3, 3), digits, text.substr(10, 8)});
        if (!made) return std::nullopt;
    }
    return made;
}

}  // namespace

std::optional<sys_seconds> http_date(std::string_view text, sys_seconds now) {
    constexpr std::size_t preferred_size = 29;
    constexpr std::size_t asctime_size = 24;
    if (text.size() == preferred_size && text.substr(3, 2) == ", " && text[7] == ' ' && text[11] == ' ' &&
        text[16] == ' ' && text.substr(25) == " GMT")
        return made_of({text.substr(5, 2), text.substr(8, 3), text.substr(12, 4), text.substr(17, 8)});
    if (text.size() == asctime_size && text[3] == ' ' && text[7] == ' ' && text[10] == ' ' && text[19] == ' ') {
        const auto day = text.substr(text[8] == ' ' ? 9 : 8, text[8] == ' ' ? 1 : 2);
        return made_of({day, text.substr(4, 3), text.substr(20, 4), text.substr(11, 8)});
    }
    const auto comma = text.find(", ");
    if (comma == std::string_view::npos) return std::nullopt;
    return two_digit_date(text.substr(comma + 2), now);
}

}  // namespace mote::functions::detail
