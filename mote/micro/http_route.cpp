#include <mote/micro/http_route.hpp>

#include <mote/micro/detail/text.hpp>

#include <algorithm>
#include <array>

namespace mote::micro {
namespace {

constexpr std::size_t longest_route = 1024;

using detail::is_digit;
using detail::is_letter;

bool is_unreserved(char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// RFC 3986, `segment`.
bool is_literal(std::string_view segment) {
    for (; !segment.empty(); segment.remove_prefix(1)) {
        if (is_unreserved(segment[0]) || std::string_view("!$&'()*+,;=:@").find(segment[0]) != std::string_view::npos)
            continue;
        if (segment[0] != '%' || segment.size() < 3 || !is_hex(segment[1]) || !is_hex(segment[2])) return false;
    }
    return true;
}

bool is_parameter_name(std::string_view name) {
    return !name.empty() && !is_digit(name[0]) &&
           std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool read_segment(std::string_view segment, http_route& route, std::string& problem) {
    route.form += '/';
    if (!segment.starts_with('{') || !segment.ends_with('}')) {
        if (!is_literal(segment)) problem = "a part of the path that has to be written as %XX";
        route.form += segment;
        return problem.empty();
    }
    const auto name = segment.substr(1, segment.size() - 2);
    if (!is_parameter_name(name))
        problem = "a parameter whose name is not of letters, digits and _";
    else if (std::ranges::find(route.parameters, name) != route.parameters.end())
        problem = "two parameters of one name";
    route.parameters.emplace_back(name);
    route.form += "{}";
    return problem.empty();
}

/// In lower case; empty when OpenAPI has none of that name.
std::string method_of(std::string_view word) {
    static constexpr std::array<std::string_view, 8> known{"GET",     "PUT",  "POST",  "DELETE",
                                                           "OPTIONS", "HEAD", "PATCH", "TRACE"};
    if (std::ranges::find(known, word) == known.end()) return {};
    std::string method;
    for (const char c : word) method += static_cast<char>(c - 'A' + 'a');
    return method;
}

}  // namespace

std::optional<http_route> parse_http_route(std::string_view text, std::string& problem) {
    problem.clear();
    http_route route;
    const auto blank = text.find(' ');
    route.method = method_of(text.substr(0, blank));
    auto path = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
    route.path = path;
    if (text.size() > longest_route)
        problem = "longer than " + std::to_string(longest_route) + " bytes";
    else if (route.method.empty() || !path.starts_with('/'))
        problem = "not a method and a path such as GET /orders/{id}";
    if (!problem.empty()) return std::nullopt;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto segment = path.substr(0, path.find('/'));
        if (!read_segment(segment, route, problem)) return std::nullopt;
        path.remove_prefix(segment.size());
    }
    return route;
}

std::string path_segment(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const bool relative = text == "." || text == "..";
    std::string segment;
    for (const char c : text) {
        if (is_unreserved(c) && !relative) {
            segment += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        segment.append({'%', digits[byte >> 4U], digits[byte & 0xfU]});
    }
    return segment;
}

}  // namespace mote::micro
