#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::http {

/// Name and value, in the order of the wire; a name may be there several times.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// One header of a request that a server got; the value without the space around it.
struct header_view {
    std::string_view name{};
    std::string_view value{};
};

/// Equal but for upper and lower case of ASCII, as the names of headers are.
bool same_name(std::string_view a, std::string_view b) noexcept;
/// Whether `word` is one of the words between commas, as `Connection: close, X-Mine` has them; in any case.
bool has_word(std::string_view list, std::string_view word) noexcept;

/// Where a connection leads that a request is about to use.
struct connect_target {
    std::string_view host{};     ///< of the URL, without brackets
    std::string_view address{};  ///< in numbers, as it was resolved
    std::uint16_t port = 0;
};

/// What a client asks. Not an aggregate on purpose: g++ 12 frees an aggregate twice that is built inside a `co_await`.
struct request {
    request(std::string address) : url(std::move(address)) {}
    request(std::string verb, std::string address) : method(std::move(verb)), url(std::move(address)) {}

    std::string method = "GET";  // upper case; only GET and HEAD follow redirects
    std::string url;             // http or https; a user and a password in it are sent as basic authentication
    header_list headers{};       // instead of the client's own of the same name
    std::string body{};          // sent where not empty, and always with POST, PUT and PATCH
    std::chrono::milliseconds timeout{0};  // of one try; zero: the client's
    /// Asked for each address before anything is sent to it, also to use a connection that is there; false for all of them:
    /// `errc::address_refused`. So a name is judged by what it stands for then. Such a request uses no proxy and follows no
    /// redirect.
    std::function<bool(const connect_target&)> may_connect{};
};

/// What a server answered, or what a handler of ours answers.
struct response {
    int status = 0;
    header_list headers{};  // HTTP/2 has lower case names
    std::string body{};     // as it was sent: nothing is decompressed

    /// The first value of that name, in upper or lower case. The view is good as long as `headers` is not changed.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
};

}  // namespace mote::http
