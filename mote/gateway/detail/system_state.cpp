#include <mote/gateway/detail/system_state.hpp>

#include <mote/functions/name.hpp>
#include <mote/gateway/detail/tell_audit.hpp>
#include <mote/http/status.hpp>

namespace mote::gateway::detail {
namespace {

namespace asio = boost::asio;

}  // namespace

void system_state::audit(const system_request& request, audit_action action, std::string_view object,
                         int status) const {
    tell_audit(parts.audit, request.asked, request.by, action, object, status, request.digest);
}

std::string space_of(const system_request& request, const std::optional<std::string>& said) {
    const std::string_view text =
        said && !said->empty() ? std::string_view(*said) : value_of(request.query, "namespace");
    if (text.empty()) return std::string(functions::default_namespace);
    if (!functions::is_function_name(text))
        throw http::status_error(http::status::bad_request,
                                 "namespace: not a name: at most 63 of a to z, 0 to 9 and -, with a "
                                 "letter or digit at both ends");
    return std::string(text);
}

asio::awaitable<std::string> existing_space(system_state& state, std::string space) {
    const auto found = co_await state.parts.store.find_namespace(space);
    if (!found) throw http::status_error(http::status::bad_request, "namespace: there is no " + space);
    co_return space;
}

}  // namespace mote::gateway::detail
