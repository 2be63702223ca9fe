#include <mote/functions/call_headers.hpp>

#include <mote/http/message.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace mote::functions::call_headers {
namespace {

constexpr std::array<std::string_view, 12> about_connection{"Connection",
                                                            "Keep-Alive",
                                                            "Proxy-Connection",
                                                            "Proxy-Authenticate",
                                                            "Proxy-Authorization",
                                                            "TE",
                                                            "Trailer",
                                                            "Transfer-Encoding",
                                                            "Upgrade",
                                                            "Content-Length",
                                                            "Expect",
                                                            "Host"};
constexpr std::size_t longest_call_id = 64;

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return name.size() >= prefix.size() && http::same_name(name.substr(0, prefix.size()), prefix);
}

bool is_about_connection(std::string_view name) noexcept {
    return std::any_of(about_connection.begin(), about_connection.end(),
                       [&](std::string_view one) { return http::same_name(one, name); });
}

}  // namespace

bool is_passed_on(std::string_view name) noexcept {
    return !begins_with(name, "Http-") && !begins_with(name, "Nats-") && !begins_with(name, "Mote-") &&
           !is_about_connection(name);
}

std::string duration_text(std::chrono::nanoseconds time) {
    constexpr std::int64_t million = 1'000'000;
    const auto micros =
        std::chrono::round<std::chrono::microseconds>(std::max(time, std::chrono::nanoseconds(0))).count();
    auto text = std::to_string(micros / million) + '.';
    const auto digits = std::to_string(micros % million);
    return text.append(6 - digits.size(), '0').append(digits);
}

bool is_call_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= longest_call_id && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

}  // namespace mote::functions::call_headers
