#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro {

/// Where an endpoint is to be found over HTTP, as its metadata `http.route` says: `GET /hn/top/{n}`.
struct http_route {
    std::string method{};                   ///< in lower case
    std::string path{};                     ///< as it was given
    std::vector<std::string> parameters{};  ///< names, each once
    std::string form{};  ///< the path with `{}` for each parameter: routes alike in it take the same requests

    bool has_body() const { return method == "post" || method == "put" || method == "patch"; }
};

/// Reads it strictly: a method of HTTP, a path of at most 1 KiB as RFC 3986 writes it, and names of letters, digits and `_`.
/// `problem` says what is wrong when there is no result. A pure function; any thread.
std::optional<http_route> parse_http_route(std::string_view text, std::string& problem);

/// The text as one segment of a path: all but letters, digits, `-`, `.`, `_` and `~` as `%XX`, and `.` and `..` too.
std::string path_segment(std::string_view text);

}  // namespace mote::micro
