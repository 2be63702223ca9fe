#include <mote/functions/retry_settings.hpp>

#include <mote/functions/detail/http_date.hpp>
#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/detail/setting_text.hpp>
#include <mote/functions/detail/text.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/watchdog_settings.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace mote::functions {
namespace {

using nanoseconds = std::chrono::nanoseconds;
using detail::seconds_or_duration;
using detail::whole;

constexpr std::uint32_t most_attempts = 1000;
constexpr std::uint32_t most_concurrency = 100'000;
constexpr std::chrono::hours longest_wait{24};
const std::string retry_prefix = "com.openfaas.retry.";
const std::string inflight_key = "com.openfaas.max_inflight";

[[noreturn]] void refuse_setting(const std::string& what, std::string_view text, std::string_view wanted) {
    throw_error(errc::bad_setting, what + " " + detail::quoted(text) + ": expected " + std::string(wanted));
}

const std::string* find(const text_map& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

void read_wait(const text_map& annotations, const std::string& key, nanoseconds& into) {
    const auto* const text = find(annotations, key);
    if (text == nullptr) return;
    const auto wait = seconds_or_duration(*text);
    if (!wait || *wait <= nanoseconds(0) || *wait > longest_wait)
        refuse_setting("annotation " + key, *text, "a duration such as 10s or 2m, up to 24h");
    into = *wait;
}

std::set<int> read_codes(std::string_view text) {
    std::set<int> codes;
    if (detail::trimmed(text).empty() || detail::trimmed(text) == "none") return codes;
    for (std::string_view rest = text;;) {
        const auto comma = rest.find(',');
        const auto code = whole(detail::trimmed(rest.substr(0, comma)));
        if (!code || *code < 400 || *code > 599)
            refuse_setting("annotation " + retry_prefix + "codes", text, "statuses from 400 to 599 between commas");
        codes.insert(static_cast<int>(*code));
        if (comma == std::string_view::npos) return codes;
        rest.remove_prefix(comma + 1);
    }
}

/// A number of any length; what is too large for a number is the largest.
std::optional<std::uint32_t> whole_or_most(std::string_view text) {
    if (const auto number = whole(text)) return number;
    if (text.empty() || !std::ranges::all_of(text, detail::is_digit)) return std::nullopt;
    return std::numeric_limits<std::uint32_t>::max();
}

}  // namespace

retry_settings retry_settings::of(const text_map& annotations) {
    retry_settings result;
    if (const auto* const text = find(annotations, retry_prefix + "attempts")) {
        const auto attempts = whole(*text);
        if (!attempts || *attempts < 1 || *attempts > most_attempts)
            refuse_setting("annotation " + retry_prefix + "attempts", *text, "1 to 1000");
        result.attempts = *attempts;
    }
    if (const auto* const text = find(annotations, retry_prefix + "codes")) result.codes = read_codes(*text);
    read_wait(annotations, retry_prefix + "min_wait", result.min_wait);
    result.max_wait = std::max(result.max_wait, result.min_wait);
    read_wait(annotations, retry_prefix + "max_wait", result.max_wait);
    if (result.max_wait < result.min_wait) {
        const auto* const least = find(annotations, retry_prefix + "min_wait");
        const auto* const most = find(annotations, retry_prefix + "max_wait");
        if (least != nullptr)
            refuse_setting("annotation " + retry_prefix + "max_wait", *most, "not less than min_wait, " + *least);
        result.min_wait = result.max_wait;
    }
    return result;
}

retry_settings retry_settings::of(const description& what) {
    return what.wanted.annotations ? of(*what.wanted.annotations) : retry_settings();
}

nanoseconds retry_settings::wait_after(std::uint32_t tried, double chance) const noexcept {
    nanoseconds wait = min_wait;
    for (std::uint32_t i = 1; i < tried && wait < max_wait; ++i) wait *= 2;
    wait = std::min(wait, max_wait);
    return wait -
           nanoseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * std::clamp(chance, 0.0, 1.0) / 2));
}

std::uint32_t async_concurrency(const description& what, std::uint32_t otherwise) {
    const auto read = [](const std::string& where, std::string_view text) {
        const auto count = whole(text);
        if (!count || *count > most_concurrency) refuse_setting(where, text, "0 to 100000");
        return *count;
    };
    std::string_view text = what.label(inflight_key);
    std::string where = "label " + inflight_key;
    if (text.empty()) {
        text = what.annotation(inflight_key);
        where = "annotation " + inflight_key;
    }
    if (text.empty()) {
        text = what.variable("max_inflight");
        where = "variable max_inflight";
    }
    const auto said = text.empty() ? 0 : read(where, text);
    return std::clamp(said != 0 ? said : otherwise, 1U, most_concurrency);
}

nanoseconds run_timeout(const description& what, nanoseconds otherwise) {
    const auto text = what.variable("exec_timeout");
    if (text.empty()) return otherwise;
    const auto said = parse_timeout(detail::trimmed(text));
    if (!said) refuse_setting("variable exec_timeout", text, "seconds, or a duration such as 90s");
    return said->count() == 0 ? otherwise : *said;
}

std::optional<nanoseconds> retry_after(std::string_view value, std::chrono::system_clock::time_point now) {
    value = detail::trimmed(value);
    if (const auto seconds = whole_or_most(value))
        return std::min<nanoseconds>(std::chrono::seconds(*seconds), longest_wait);
    // In seconds, as dates lie further apart than nanoseconds can say.
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    const auto date = detail::http_date(value, second);
    if (!date) return std::nullopt;
    return std::clamp<std::chrono::seconds>(*date - second, std::chrono::seconds(0), longest_wait);
}

}  // namespace mote::functions
