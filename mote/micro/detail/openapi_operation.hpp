#pragma once

#include <mote/micro/detail/component_schemas.hpp>
#include <mote/micro/info.hpp>

#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace mote::micro::detail {

/// What an operation of an OpenAPI document says of an endpoint, wherever it is found: `request`, the request body, and
/// `responses`.
struct endpoint_bodies {
    boost::json::object request{};
    boost::json::object responses{};
    boost::json::value json_schema{};  ///< of the request, when that is JSON; null: none
};

/// `owner` is what its schemas are called when they have no name: `<service>.<endpoint>`. What is left out is told in
/// `warnings`, a line each.
endpoint_bodies describe_bodies(const endpoint_info& endpoint, const std::string& owner, component_schemas& schemas,
                                std::vector<std::string>& warnings);

/// What all operations refer to: `components/responses`, and the schema of their body.
boost::json::object shared_responses();
boost::json::object error_schema();
inline constexpr std::string_view error_schema_name = "error";

}  // namespace mote::micro::detail
