#pragma once

#include <mote/gateway/detail/system_state.hpp>

#include <boost/asio/awaitable.hpp>
#include <optional>

namespace mote::gateway::detail {

/// An answer to be sent; nothing when all of it was sent already.
using system_answer = boost::asio::awaitable<std::optional<http::response>>;

// What is behind the paths of the management API. A request that is wrong throws http::status_error; what a store throws
// goes through refusal_of.

system_answer list_functions(system_state& state, system_request& request);
system_answer show_function(system_state& state, system_request& request);
system_answer deploy_function(system_state& state, system_request& request);
system_answer update_function(system_state& state, system_request& request);
system_answer delete_function(system_state& state, system_request& request);

system_answer scale_function(system_state& state, system_request& request);
system_answer pause_function(system_state& state, system_request& request);
system_answer resume_function(system_state& state, system_request& request);
/// Tells the audit itself, of each function, once it could read of which.
system_answer take_alert(system_state& state, system_request& request);

system_answer list_secrets(system_state& state, system_request& request);
system_answer create_secret(system_state& state, system_request& request);
system_answer update_secret(system_state& state, system_request& request);
system_answer delete_secret(system_state& state, system_request& request);

system_answer list_namespaces(system_state& state, system_request& request);
system_answer show_namespace(system_state& state, system_request& request);
system_answer create_namespace(system_state& state, system_request& request);
system_answer update_namespace(system_state& state, system_request& request);
system_answer delete_namespace(system_state& state, system_request& request);

system_answer send_logs(system_state& state, system_request& request);
system_answer show_info(system_state& state, system_request& request);
system_answer show_telemetry(system_state& state, system_request& request);

}  // namespace mote::gateway::detail
