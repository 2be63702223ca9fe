#include <mote/gateway/detail/route.hpp>

#include <mote/http/percent.hpp>
#include <mote/micro/http_route.hpp>

namespace mote::gateway::detail {
namespace {

/// What stands between the slashes; a path ends with an empty one when it ends with a slash.
std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> parts;
    path.remove_prefix(1);
    for (;;) {
        const auto slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

std::optional<route> route::parse(std::string_view text) {
    std::string problem;
    const auto said = micro::parse_http_route(text, problem);
    if (!said) return std::nullopt;
    route made;
    made.method_ = text.substr(0, text.find(' '));
    made.names_ = said->parameters.size();
    for (const auto part : segments_of(said->path)) {
        const bool is_name = part.starts_with('{');
        made.segments_.push_back(
            {is_name ? std::string(part.substr(1, part.size() - 2)) : *http::percent_decoded(part), is_name});
    }
    return made;
}

std::optional<route_values> route::match(std::string_view path) const {
    if (!path.starts_with('/')) return std::nullopt;
    const auto parts = segments_of(path);
    if (parts.size() != segments_.size()) return std::nullopt;
    route_values values;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        const auto plain = http::percent_decoded(parts[at]);
        if (!plain) return std::nullopt;
        if (!segments_[at].is_name) {
            if (*plain != segments_[at].text) return std::nullopt;
        } else if (plain->empty()) {
            return std::nullopt;
        } else {
            values.emplace_back(segments_[at].text, *plain);
        }
    }
    return values;
}

}  // namespace mote::gateway::detail
