#include <apps/hackernews/post.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace hackernews {
namespace {

namespace json = boost::json;

constexpr std::int64_t last_second_of_9999 = 253402300799;  // RFC 3339 has four digits for the year

constexpr std::array<std::string_view, skip_reason_count> reason_names = {
    "null", "deleted", "dead", "job", "comment", "poll", "other_type", "no_title", "no_score", "no_time"};

std::string_view text_of(const json::object& fields, std::string_view name) {
    const json::value* value = fields.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<std::int64_t> number_of(const json::object& fields, std::string_view name) {
    const json::value* value = fields.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

bool is_true(const json::object& fields, std::string_view name) {
    const json::value* value = fields.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<skip_reason> reason_of_type(std::string_view type) {
    if (type == "story") return std::nullopt;
    if (type == "job") return skip_reason::job;
    if (type == "comment") return skip_reason::comment;
    if (type == "poll") return skip_reason::poll;
    return skip_reason::other_type;
}

std::variant<post, skip_reason> judge(item_id id, const json::object& fields) {
    if (is_true(fields, "deleted")) return skip_reason::deleted;
    if (is_true(fields, "dead")) return skip_reason::dead;
    if (const auto reason = reason_of_type(text_of(fields, "type"))) return *reason;

    post found;
    found.id = id;
    found.title = text_of(fields, "title");
    if (found.title.empty()) return skip_reason::no_title;
    const auto score = number_of(fields, "score");
    if (!score) return skip_reason::no_score;
    found.score = *score;
    const auto time = number_of(fields, "time");
    if (!time || *time <= 0 || *time > last_second_of_9999) return skip_reason::no_time;
    found.time = std::chrono::sys_seconds(std::chrono::seconds(*time));
    found.url = text_of(fields, "url");
    if (found.url.empty()) found.url = "https://news.ycombinator.com/item?id=" + std::to_string(id);
    found.by = text_of(fields, "by");
    found.comments = number_of(fields, "descendants").value_or(0);
    return found;
}

/// The number that `digits` characters at `offset` are.
std::optional<int> digits_at(std::string_view text, std::size_t offset, std::size_t digits) {
    int number = 0;
    const char* const first = text.data() + offset;
    const auto [end, error] = std::from_chars(first, first + digits, number);
    if (error != std::errc() || end != first + digits || *first == '-') return std::nullopt;
    return number;
}

}  // namespace

std::string_view name_of(skip_reason reason) noexcept { return reason_names[static_cast<std::size_t>(reason)]; }

item_answer parse_item(item_id asked, std::string_view text) {
    boost::system::error_code error;
    const json::value answer = json::parse(text, error);
    if (error) return std::nullopt;
    if (answer.is_null()) return skip_reason::null;
    if (!answer.is_object()) return std::nullopt;
    if (number_of(answer.get_object(), "id").value_or(asked) != asked) return std::nullopt;
    return judge(asked, answer.get_object());
}

json::value to_value(const post& each) {
    return {{"id", each.id},
            {"title", each.title},
            {"url", each.url},
            {"score", each.score},
            {"time", utc_text(each.time)},
            {"by", each.by},
            {"comments", each.comments}};
}

std::string to_json(const post& each) { return json::serialize(to_value(each)); }

std::optional<post> post_from(const json::value& value) {
    if (!value.is_object()) return std::nullopt;
    const json::object& fields = value.get_object();
    const auto id = number_of(fields, "id");
    const auto score = number_of(fields, "score");
    const auto time = parse_utc(text_of(fields, "time"));
    if (!id || *id < 1 || *id > max_item_id || !score || !time) return std::nullopt;
    post read;
    read.id = *id;
    read.title = text_of(fields, "title");
    read.url = text_of(fields, "url");
    if (read.title.empty() || read.url.empty()) return std::nullopt;
    read.score = *score;
    read.time = *time;
    read.by = text_of(fields, "by");
    read.comments = number_of(fields, "comments").value_or(0);
    return read;
}

std::optional<post> post_from_json(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    return error ? std::nullopt : post_from(value);
}

std::string utc_day(std::chrono::sys_seconds time) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
    std::array<char, 40> text{};
    const int length = std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string utc_text(std::chrono::sys_seconds time) {
    const std::chrono::hh_mm_ss of_day(time - std::chrono::floor<std::chrono::days>(time));
    std::array<char, 40> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "T%02d:%02d:%02dZ", static_cast<int>(of_day.hours().count()),
                      static_cast<int>(of_day.minutes().count()), static_cast<int>(of_day.seconds().count()));
    return utc_day(time) + std::string(text.data(), static_cast<std::size_t>(length));
}

std::optional<std::chrono::sys_seconds> parse_utc(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00Z";
    if (text.size() != shape.size()) return std::nullopt;
    for (std::size_t index = 0; index < shape.size(); ++index)
        if (shape[index] != '0' && text[index] != shape[index]) return std::nullopt;
    const auto year = digits_at(text, 0, 4);
    const auto month = digits_at(text, 5, 2);
    const auto day = digits_at(text, 8, 2);
    const auto hour = digits_at(text, 11, 2);
    const auto minute = digits_at(text, 14, 2);
    const auto second = digits_at(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

}  // namespace hackernews
