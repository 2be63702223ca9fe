#include <mote/gateway/authorization.hpp>

#include <mote/http/percent.hpp>

#include <vector>

namespace mote::gateway {
namespace {

bool is_below(std::string_view path, std::string_view folder) noexcept {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

area plain_area_of(std::string_view path) noexcept {
    if (is_below(path, "/system") || is_below(path, "/ui") || path == "/metrics") return area::system;
    if (path == "/healthz") return area::open;
    return area::functions;
}

/// Whether nobody can read it in another way: without escapes, empty segments and those that begin with a dot.
bool is_resolved(std::string_view path) noexcept {
    char before = ' ';
    for (const char c : path) {
        if (c == '%' || c == '\\' || (before == '/' && (c == '/' || c == '.'))) return false;
        before = c;
    }
    return true;
}

/// The path as somebody would read it who decodes escapes and resolves empty segments and dots.
std::string resolved(std::string_view path) {
    const auto text = http::percent_decoded(path);
    std::string_view rest = text ? std::string_view(*text) : path;
    std::vector<std::string_view> segments;
    while (!rest.empty()) {
        const auto end = std::min(rest.find_first_of("/\\"), rest.size());
        const auto segment = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string whole;
    for (const auto segment : segments) whole.append("/").append(segment);
    return whole;
}

}  // namespace

area area_of(std::string_view path) {
    const auto plain = plain_area_of(path);
    if (plain == area::system || is_resolved(path)) return plain;
    return plain_area_of(resolved(path)) == area::system ? area::system : plain;
}

}  // namespace mote::gateway
