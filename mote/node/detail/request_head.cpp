#include <mote/node/detail/request_head.hpp>

#include <mote/node/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace mote::node::detail {
namespace {

constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> table{};
    for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 0x20] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return token_characters[static_cast<unsigned char>(c)]; });
}

bool is_value(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < ' ' && byte != '\t') || byte == 127;
    });
}

bool is_target(std::string_view text) noexcept {
    const auto is_visible = [](char c) { return c > ' ' && c < 127 && c != '#'; };
    return text == "*" || (text.starts_with('/') && std::all_of(text.begin(), text.end(), is_visible));
}

/// About the connection, or said by us.
bool is_ours(std::string_view name) noexcept {
    constexpr std::string_view names[] = {
        "connection", "content-length",   "expect",  "keep-alive", "proxy-authorization",
        "te",         "proxy-connection", "trailer", "upgrade",    "transfer-encoding"};
    return std::any_of(std::begin(names), std::end(names), [&](auto ours) { return http::same_name(ours, name); });
}

bool named_by_connection(const upstream_request& asked, std::string_view name) noexcept {
    return std::any_of(asked.headers.begin(), asked.headers.end(), [&](const auto& header) {
        return http::same_name(header.name, "connection") && http::has_word(header.value, name);
    });
}

void append_headers(const upstream_request& asked, std::string& out) {
    bool has_host = false;
    const bool names_more = std::any_of(asked.headers.begin(), asked.headers.end(),
                                        [](const auto& header) { return http::same_name(header.name, "connection"); });
    for (const auto& [name, value] : asked.headers) {
        if (!is_token(name)) throw_error(errc::bad_request, "a header with a name that cannot be one");
        if (!is_value(value))
            throw_error(errc::bad_request, "header " + std::string(name) + " has a value that cannot be one");
        if (is_ours(name) || (names_more && named_by_connection(asked, name))) continue;
        if (http::same_name(name, "host")) {
            if (has_host) continue;
            has_host = true;
        }
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (!has_host) out += "Host: localhost\r\n";
}

}  // namespace

void write_request_head(const upstream_request& asked, std::string_view base_path, std::optional<std::uint64_t> length,
                        std::string& out) {
    if (!is_token(asked.method)) throw_error(errc::bad_request, "a method that cannot be one");
    if (!is_target(asked.target)) throw_error(errc::bad_request, "a target that cannot be one");
    out.clear();
    out.append(asked.method).append(" ").append(base_path).append(asked.target).append(" HTTP/1.1\r\n");
    append_headers(asked, out);
    if (!length) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (*length != 0 || asked.method == "POST" || asked.method == "PUT" || asked.method == "PATCH") {
        std::array<char, 20> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *length).ptr;
        out.append("Content-Length: ").append(digits.data(), end).append("\r\n");
    }
    out += "\r\n";
}

bool is_idempotent(std::string_view method) noexcept {
    constexpr std::string_view methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

}  // namespace mote::node::detail
