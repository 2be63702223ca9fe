#include <mote/gateway/detail/system_state.hpp>

#include <mote/gateway/detail/tell_audit.hpp>
#include <mote/http/status.hpp>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

void check_same(std::string_view one, std::string_view other) {
    if (one == other) return;
    throw http::status_error(http::status::bad_request,
                             "namespace: the request says both " + std::string(one) + " and " + std::string(other));
}

/// The one namespace that body and query say; empty where none does.
std::string said_space(const system_request& request, const std::optional<std::string>& in_body) {
    std::string found;
    const auto take = [&found](std::string_view text) {
        if (text.empty()) return;
        if (!functions::is_function_name(text))
            throw http::status_error(http::status::bad_request,
                                     "namespace: not a name: at most 63 of a to z, 0 to 9 and -, with a "
                                     "letter or digit at both ends");
        if (!found.empty()) check_same(found, text);
        found = text;
    };
    if (in_body) take(*in_body);
    for (const auto& [name, value] : request.query)
        if (name == "namespace") take(value);
    return found;
}

}  // namespace

void system_state::audit(const system_request& request, audit_action action, std::string_view object,
                         int status) const {
    tell_audit(parts.audit, request.asked, request.by, action, object, status, request.digest);
}

std::string space_of(const system_request& request, const std::optional<std::string>& said) {
    auto space = said_space(request, said);
    return space.empty() ? std::string(functions::default_namespace) : space;
}

functions::function_name function_of(const system_request& request, std::string_view text,
                                     const std::optional<std::string>& said) {
    const auto space = said_space(request, said);
    auto name = functions::function_name::parse(text, space);
    if (!space.empty()) check_same(name.space, space);
    return name;
}

asio::awaitable<std::string> existing_space(system_state& state, std::string space) {
    const auto found = co_await state.parts.store.find_namespace(space);
    if (!found) throw http::status_error(http::status::bad_request, "namespace: there is no " + space);
    co_return space;
}

}  // namespace mote::gateway::detail
