#include <mote/functions/name.hpp>

#include <mote/functions/error.hpp>

#include <algorithm>

namespace mote::functions {
namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t shown_text = 100;

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_name(std::string_view text, std::string_view also) noexcept {
    if (text.empty() || text.size() > longest_name || !is_letter(text.front()) || !is_letter(text.back())) return false;
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || also.find(c) != std::string_view::npos; });
}

[[noreturn]] void refuse(std::string_view text) {
    throw_error(errc::bad_name, '"' + std::string(text.substr(0, shown_text)) +
                                    "\": at most 63 of a to z, 0 to 9 and -, with a letter or digit at both ends");
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
        if (!is_function_name(space)) refuse(space);
        text = text.substr(0, dot);
    } else if (!space.empty() && !is_function_name(space)) {
        refuse(space);
    }
    if (!is_function_name(text)) refuse(text);
    found.name = text;
    if (!space.empty()) found.space = space;
    return found;
}

function_name function_name::from_key(std::string_view key) {
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) refuse(key);
    return parse(key.substr(dot + 1), key.substr(0, dot));
}

}  // namespace mote::functions
