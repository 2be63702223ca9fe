#include <mote/functions/quantities.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace mote::functions {
namespace {

constexpr double most = 9e18;

struct unit {
    std::string_view name;
    double factor;
};

constexpr std::array<unit, 9> byte_units{{{"", 1},
                                          {"k", 1e3},
                                          {"M", 1e6},
                                          {"G", 1e9},
                                          {"T", 1e12},
                                          {"Ki", 1024.0},
                                          {"Mi", 1024.0 * 1024},
                                          {"Gi", 1024.0 * 1024 * 1024},
                                          {"Ti", 1024.0 * 1024 * 1024 * 1024}}};
constexpr std::array<unit, 2> core_units{{{"", 1000}, {"m", 1}}};

template <std::size_t N>
std::uint64_t quantity(std::string_view text, const std::array<unit, N>& units, std::string_view wanted) {
    double count = 0;
    const auto* const end = text.data() + text.size();
    const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
    const auto [rest, failed] = std::from_chars(text.data(), end, count, std::chars_format::fixed);
    if (begins_with_digit && failed == std::errc()) {
        const std::string_view name(rest, static_cast<std::size_t>(end - rest));
        for (const auto& one : units)
            if (one.name == name && count * one.factor <= most)
                return static_cast<std::uint64_t>(std::ceil(count * one.factor));
    }
    throw_error(errc::bad_setting, detail::quoted(text) + ": expected " + std::string(wanted));
}

}  // namespace

std::uint64_t bytes_of(std::string_view text) { return quantity(text, byte_units, "bytes such as 128Mi or 1G"); }
std::uint64_t millicores_of(std::string_view text) { return quantity(text, core_units, "cores such as 250m or 0.5"); }

}  // namespace mote::functions
