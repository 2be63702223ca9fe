#include <mote/gateway/detail/query.hpp>

#include <mote/http/exchange.hpp>
#include <mote/http/percent.hpp>
#include <mote/http/status.hpp>

#include <algorithm>
#include <string>

namespace mote::gateway::detail {
namespace {

std::string form_text(std::string_view encoded) {
    std::string text(encoded);
    std::ranges::replace(text, '+', ' ');
    auto plain = http::percent_decoded(text);
    if (!plain) throw http::status_error(http::status::bad_request, "the query is not well-formed");
    return std::move(*plain);
}

}  // namespace

route_values query_values(std::string_view query) {
    route_values values;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto one = query.substr(0, end);
        const auto equals = one.find('=');
        if (!one.empty())
            values.emplace_back(form_text(one.substr(0, equals)),
                                equals == std::string_view::npos ? std::string() : form_text(one.substr(equals + 1)));
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    return values;
}

std::string_view value_of(const route_values& values, std::string_view name) noexcept {
    std::string_view found;
    for (const auto& [key, value] : values)
        if (key == name) found = value;
    return found;
}

}  // namespace mote::gateway::detail
