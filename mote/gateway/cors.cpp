#include <mote/gateway/cors.hpp>

#include <mote/gateway/detail/header_in.hpp>
#include <mote/gateway/error.hpp>
#include <mote/http/status.hpp>

#include <algorithm>
#include <utility>

namespace mote::gateway {
namespace {

constexpr std::string_view any = "*";
constexpr std::string_view prefix = "Access-Control-";
constexpr std::string_view allow_origin = "Access-Control-Allow-Origin";
constexpr std::size_t max_requested = 1024;

/// RFC 9110's `token`.
bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

/// As a browser writes it: a scheme and a host in lower case, perhaps a port, and no slash behind that.
bool is_origin(std::string_view text) noexcept {
    const auto end = text.find("://");
    if (end == std::string_view::npos || end == 0) return false;
    const auto host = text.substr(end + 3);
    return !host.empty() && host.find_first_of("/?#@*") == std::string_view::npos &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && (c < 'A' || c > 'Z') && c != ','; });
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

void check_tokens(const std::vector<std::string>& words, std::string_view option) {
    for (const auto& word : words)
        if (!is_token(word))
            throw_error(errc::bad_cors, std::string(option) + ": \"" + word + "\" is not a token of HTTP");
}

/// Whether it can be sent back: names between commas.
bool is_list(std::string_view text) noexcept {
    return text.size() <= max_requested &&
           std::ranges::all_of(text, [](char c) { return c == ',' || c == ' ' || is_token({&c, 1}); });
}

void remove(http::header_list& headers, std::string_view name_prefix) {
    std::erase_if(headers, [&](const auto& each) {
        const std::string_view name = each.first;
        return name.size() >= name_prefix.size() && http::same_name(name.substr(0, name_prefix.size()), name_prefix);
    });
}

void vary_by_origin(http::header_list& headers) {
    for (auto& [name, value] : headers) {
        if (!http::same_name(name, "Vary")) continue;
        if (!http::has_word(value, "Origin") && !http::has_word(value, any)) value += ", Origin";
        return;
    }
    headers.emplace_back("Vary", "Origin");
}

}  // namespace

cors::cors(cors_options opts) : opts_(std::move(opts)) {
    any_origin_ = std::ranges::find(opts_.origins, any) != opts_.origins.end();
    any_header_ = std::ranges::find(opts_.headers, any) != opts_.headers.end();
    for (const auto& origin : opts_.origins)
        if (origin != any && !is_origin(origin))
            throw_error(errc::bad_cors, "origins: \"" + origin + "\" is not like https://example.org or *");
    check_tokens(opts_.methods, "methods");
    check_tokens(opts_.headers, "headers");
    check_tokens(opts_.exposed, "exposed");
    if (opts_.max_age.count() < 0) throw_error(errc::bad_cors, "max_age: negative");
    methods_ = joined(opts_.methods);
    headers_ = joined(opts_.headers);
    exposed_ = joined(opts_.exposed);
}

std::string_view cors::allowed(std::string_view origin) const noexcept {
    if (any_origin_) return any;
    return std::ranges::find(opts_.origins, origin) != opts_.origins.end() ? origin : std::string_view();
}

std::optional<http::response> cors::preflight(std::string_view method,
                                              std::span<const http::header_view> headers) const {
    if (!on() || method != "OPTIONS") return std::nullopt;
    const auto origin = detail::header_in(headers, "Origin");
    if (!origin || !detail::header_in(headers, "Access-Control-Request-Method")) return std::nullopt;

    http::response answer;
    answer.status = http::status::no_content;
    answer.headers.emplace_back("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    const auto allowed_origin = allowed(*origin);
    if (allowed_origin.empty()) return answer;
    const auto requested = detail::header_in(headers, "Access-Control-Request-Headers").value_or("");
    // A `*` in the answer would not mean `Authorization`: what is asked for is said back.
    const auto sent = !any_header_ ? std::string_view(headers_) : is_list(requested) ? requested : std::string_view();
    answer.headers.emplace_back(allow_origin, allowed_origin);
    answer.headers.emplace_back("Access-Control-Allow-Methods", methods_);
    if (!sent.empty()) answer.headers.emplace_back("Access-Control-Allow-Headers", sent);
    answer.headers.emplace_back("Access-Control-Max-Age", std::to_string(opts_.max_age.count()));
    return answer;
}

void cors::apply(std::span<const http::header_view> request_headers, http::header_list& answer_headers) const {
    if (!on()) return;
    remove(answer_headers, prefix);
    if (!any_origin_) vary_by_origin(answer_headers);
    const auto origin = detail::header_in(request_headers, "Origin");
    if (!origin) return;
    const auto allowed_origin = allowed(*origin);
    if (allowed_origin.empty()) return;
    answer_headers.emplace_back(allow_origin, allowed_origin);
    if (!exposed_.empty()) answer_headers.emplace_back("Access-Control-Expose-Headers", exposed_);
}

}  // namespace mote::gateway
