#pragma once

#include <mote/gateway/audit_log.hpp>
#include <mote/gateway/authorization.hpp>
#include <mote/http/exchange.hpp>

#include <functional>
#include <string_view>

namespace mote::gateway::detail {

/// Tells an audit, where there is one, what a request changed or tried to; `status`: what it is answered.
void tell_audit(const std::function<void(const audit_record&)>& audit, const http::exchange& asked, const verdict& by,
                audit_action action, std::string_view object, int status, std::string_view digest = {});

}  // namespace mote::gateway::detail
