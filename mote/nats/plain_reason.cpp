#include <mote/nats/plain_reason.hpp>

#include <algorithm>

namespace mote::nats {
namespace {

/// Where a bracket of Boost ends, as ` [system:111]` or ` [mote.nats:5 at /path/file.hpp:93:5 in function '...']`; npos for
/// one that is somebody's own. `inside` is what follows the opening.
std::size_t end_of_code(std::string_view inside) {
    const std::size_t colon = inside.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.");
    if (colon == 0 || colon == std::string_view::npos || inside[colon] != ':') return std::string_view::npos;
    const std::size_t number_end = inside.find_first_not_of("-0123456789", colon + 1);
    if (number_end == std::string_view::npos || number_end == colon + 1) return std::string_view::npos;
    if (inside[number_end] == ']') return number_end;
    if (!inside.substr(number_end).starts_with(" at ")) return std::string_view::npos;
    const std::size_t quote = inside.find("']", number_end);
    return quote == std::string_view::npos ? inside.find(']', number_end) : quote + 1;
}

std::string without_codes(std::string_view what) {
    constexpr std::string_view opening = " [";
    std::string result;
    for (std::size_t begin = 0; (begin = what.find(opening)) != std::string_view::npos;) {
        const std::string_view inside = what.substr(begin + opening.size());
        const std::size_t end = end_of_code(inside);
        const bool is_code = end != std::string_view::npos;
        result += what.substr(0, is_code ? begin : begin + opening.size());
        what = is_code ? inside.substr(end + 1) : inside;
    }
    return result.append(what);
}

}  // namespace

std::string plain_reason(std::string_view what) {
    const std::string text = without_codes(what);
    std::string result;
    std::string_view last;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(": ", begin), text.size());
        const std::string_view part = std::string_view(text).substr(begin, end - begin);
        if (part != last || part.empty()) result.append(result.empty() ? "" : ": ").append(part);
        last = part;
        begin = end + 2;
    }
    return result;
}

}  // namespace mote::nats
