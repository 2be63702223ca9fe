#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::gateway::detail {

/// Names and decoded values, in the order of the path.
using route_values = std::vector<std::pair<std::string, std::string>>;

/// A way of HTTP to an endpoint, as its metadata `http.route` says it: `GET /hn/top/{n}`. A segment in braces matches any
/// one segment that is not empty.
class route {
public:
    /// Nothing for a text that is none: see micro::parse_http_route.
    static std::optional<route> parse(std::string_view text);

    const std::string& method() const noexcept { return method_; }
    /// The values in a path that is not decoded yet; nothing when it is another one, or an escape in it is wrong.
    std::optional<route_values> match(std::string_view path) const;
    /// Of two routes that match the same path the one with fewer names wins.
    std::size_t names() const noexcept { return names_; }

private:
    struct segment {
        std::string text{};  // a name when it is one, else without its escapes
        bool is_name = false;
    };

    std::string method_;
    std::vector<segment> segments_;
    std::size_t names_ = 0;
};

}  // namespace mote::gateway::detail
