#include <apps/mote/ask/request_rate.hpp>

#include <charconv>

namespace mote::command {

std::optional<double> parse_rate(std::string_view text) {
    constexpr double least = 1e-5, most = 10'000'000;
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failed] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (failed != std::errc()) return std::nullopt;
    const std::string_view unit(at, static_cast<std::size_t>(end - at));
    double seconds = 1;
    if (unit == "/m")
        seconds = 60;
    else if (unit == "/h")
        seconds = 3600;
    else if (!unit.empty() && unit != "/s")
        return std::nullopt;
    const double rate = number / seconds;
    if (!(rate >= least) || rate > most) return std::nullopt;  // also what is no number
    return rate;
}

}  // namespace mote::command
