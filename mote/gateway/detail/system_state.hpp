#pragma once

#include <mote/functions/log_reader.hpp>
#include <mote/functions/name.hpp>
#include <mote/gateway/detail/own_writes.hpp>
#include <mote/gateway/detail/query.hpp>
#include <mote/gateway/system_api.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace mote::gateway::detail {

/// One request of the management API, as the resources see it.
struct system_request {
    http::exchange& asked;
    verdict by{};
    std::string name{};  ///< in the path; empty where it has none
    route_values query{};
    std::string body{};    ///< of what changes something
    std::string object{};  ///< for the audit: what it is about, once that is known
    std::string digest{};  ///< the same: of the bundle that is to run
    bool audited = false;  ///< the audit has been told what became of it, or is, by who answers
};

/// What all requests of the management API share.
class system_state {
public:
    system_state(system_parts given, system_options options) : parts(std::move(given)), opts(std::move(options)) {}

    void audit(const system_request& request, audit_action action, std::string_view object, int status) const;

    system_parts parts;
    system_options opts;
    own_writes writes{};
    std::set<std::shared_ptr<functions::log_reader>> readers{};  ///< of logs that are being sent
    bool stopped = false;
};

/// The namespace that a request is about: what the body (`said`) or the query says, else the default one. Throws
/// `http::status_error` 400 for one that is no name, and where two are said.
std::string space_of(const system_request& request, const std::optional<std::string>& said = {});
/// The function that `text` names, `name` or `name.namespace`, in that namespace. Throws the same, also where `text` says
/// another one, and `functions::errc::bad_name`.
functions::function_name function_of(const system_request& request, std::string_view text,
                                     const std::optional<std::string>& said = {});
/// The same when it is there; throws `http::status_error` 400 when it is not.
boost::asio::awaitable<std::string> existing_space(system_state& state, std::string space);

}  // namespace mote::gateway::detail
