#include <mote/nats/duration.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mote::nats {
namespace {

constexpr double hundred_years = 100.0 * 365.25 * 24 * 3600 * 1e9;

// Longer units before those that they begin with.
constexpr std::array<std::pair<std::string_view, double>, 8> units = {
    {{"ns", 1.0}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"μs", 1e3}}};

/// Takes one number with its unit off the front of `text`.
std::optional<double> take_part(std::string_view& text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    for (const auto& [name, nanoseconds] : units) {
        if (!text.starts_with(name)) continue;
        text.remove_prefix(name.size());
        return number * nanoseconds;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    if (text == "0") return std::chrono::nanoseconds(0);
    if (text.empty()) return std::nullopt;
    double sum = 0;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part) return std::nullopt;
        sum += *part;
    }
    if (sum > hundred_years) return std::nullopt;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(sum));
}

}  // namespace mote::nats
