#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mote::http::protocol {

namespace detail {

constexpr std::array<bool, 256> table_of(auto&& belongs) {
    std::array<bool, 256> table{};
    for (unsigned c = 0; c < 256; ++c) table[c] = belongs(c);
    return table;
}

inline constexpr auto token_table = table_of([](unsigned c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    return c != 0 && c < 127 &&
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
});
inline constexpr auto value_table = table_of([](unsigned c) { return c == '\t' || (c >= ' ' && c != 127); });
inline constexpr auto target_table = table_of([](unsigned c) { return c > ' ' && c < 127 && c != '#'; });
inline constexpr auto host_table = table_of([](unsigned c) {
    return (token_table[c] && c != '#') ||
           (c > ' ' && c < 127 && std::string_view("()[]:;=").find(static_cast<char>(c)) != std::string_view::npos);
});

constexpr bool all_of(std::string_view text, const std::array<bool, 256>& table) noexcept {
    for (const char c : text)
        if (!table[static_cast<unsigned char>(c)]) return false;
    return true;
}

}  // namespace detail

/// A method, the name of a header: `token` of RFC 9110, 5.6.2.
constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && detail::all_of(text, detail::token_table);
}
/// The value of a header: no control characters but the tab. Bytes above 127 are let through.
constexpr bool is_field_value(std::string_view text) noexcept { return detail::all_of(text, detail::value_table); }
/// The target of a request: visible ASCII without a fragment.
constexpr bool is_target(std::string_view text) noexcept {
    return !text.empty() && detail::all_of(text, detail::target_table);
}
/// A host, an IP address in brackets, and a port; nothing that ends it in a URL.
constexpr bool is_host(std::string_view text) noexcept { return detail::all_of(text, detail::host_table); }

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Equal but for upper and lower case of ASCII, as the names of headers are.
constexpr bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace mote::http::protocol
