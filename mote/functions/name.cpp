#include <mote/functions/name.hpp>

#include <mote/functions/detail/quoted.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

constexpr std::size_t longest_name = 63;

bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text, std::string_view also) noexcept {
    if (text.empty() || text.size() > longest_name || !is_lower_or_digit(text.front()) ||
        !is_lower_or_digit(text.back()))
        return false;
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_lower_or_digit(c) || also.find(c) != std::string_view::npos; });
}

[[noreturn]] void refuse_name(std::string_view text) {
    throw_error(errc::bad_name,
                detail::quoted(text) + ": at most 63 of a to z, 0 to 9 and -, with a letter or digit at both ends");
}

}  // namespace

bool is_function_name(std::string_view text) noexcept { return is_name(text, "-"); }

bool is_secret_name(std::string_view text) noexcept {
    return is_name(text, "-._") && text.find("..") == std::string_view::npos;
}

function_name function_name::parse(std::string_view text, std::string_view space) {
    function_name found;
    if (const auto dot = text.rfind('.'); dot != std::string_view::npos) {
        space = text.substr(dot + 1);
        if (!is_function_name(space)) refuse_name(space);
        text = text.substr(0, dot);
    } else if (!space.empty() && !is_function_name(space)) {
        refuse_name(space);
    }
    if (!is_function_name(text)) refuse_name(text);
    found.name = text;
    if (!space.empty()) found.space = space;
    return found;
}

function_name function_name::from_key(std::string_view key) {
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) refuse_name(key);
    return parse(key.substr(dot + 1), key.substr(0, dot));
}

}  // namespace mote::functions
