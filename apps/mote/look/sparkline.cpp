#include <apps/mote/look/sparkline.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace mote::command {
namespace {

constexpr std::array<std::string_view, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> characters = {" ", ".", ":", "-", "=", "+", "*", "#"};

}  // namespace

std::string sparkline(const std::vector<double>& values, std::size_t width, bool utf8) {
    const std::size_t count = std::min(values.size(), width);
    const auto begin = values.end() - static_cast<std::ptrdiff_t>(count);
    const double largest = count == 0 ? 0 : *std::max_element(begin, values.end());
    const auto& bars = utf8 ? blocks : characters;
    std::string line(width - count, ' ');
    for (auto at = begin; at != values.end(); ++at) {
        const double part = largest > 0 && *at > 0 ? *at / largest : 0;
        // What is not nothing is never shown as nothing.
        const double level = std::ceil(part * static_cast<double>(bars.size() - 1));
        line += bars.at(static_cast<std::size_t>(std::clamp(level, 0.0, static_cast<double>(bars.size() - 1))));
    }
    return line;
}

}  // namespace mote::command
