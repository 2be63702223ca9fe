#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace hackernews {

/// The number of an item, 1 to 2^53: what JSON readers of every language keep exactly.
using item_id = std::int64_t;
inline constexpr item_id max_item_id = item_id{1} << 53;

/// A story as it is kept in the bucket and in the day's list.
struct post {
    item_id id = 0;
    std::string title{};
    std::string url{};  ///< its discussion page when it has no address of its own
    std::int64_t score = 0;
    std::chrono::sys_seconds time{};
    std::string by{};  ///< empty when the API does not say
    std::int64_t comments = 0;

    bool operator==(const post&) const = default;
};

/// Why an item of the API is not kept.
enum class skip_reason { null, deleted, dead, job, comment, poll, other_type, no_title, no_score, no_time };
inline constexpr std::size_t skip_reason_count = 10;
/// As it stands in the statistics and in errors, for example `no_title`.
std::string_view name_of(skip_reason reason) noexcept;

/// What an answer of the API is: a post, a reason to skip it, or nothing when it is neither (not JSON, another item).
using item_answer = std::optional<std::variant<post, skip_reason>>;
item_answer parse_item(item_id asked, std::string_view json);

/// `{"id":1,"title":"..","url":"..","score":2,"time":"2026-11-24T00:13:08Z","by":"..","comments":3}`
boost::json::value to_value(const post& each);
std::string to_json(const post& each);
/// Reads what `to_value` wrote; `by` and `comments` may be missing, other keys are ignored. Nothing when it is no post.
std::optional<post> post_from(const boost::json::value& value);
std::optional<post> post_from_json(std::string_view json);

/// `2026-11-24T00:13:08Z`
std::string utc_text(std::chrono::sys_seconds time);
/// `2026-11-24`
std::string utc_day(std::chrono::sys_seconds time);
/// Reads what `utc_text` wrote, and nothing else.
std::optional<std::chrono::sys_seconds> parse_utc(std::string_view text);

}  // namespace hackernews
