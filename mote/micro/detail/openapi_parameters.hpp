#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace mote::micro::detail {

/// What of a body travels in the path and the query (docs/protocol.md, "Over HTTP").
struct parameter_source {
    boost::json::value schema{};  ///< of the body, when that is JSON; null: none
    std::vector<std::string> in_path{};
    bool in_query = false;  ///< there is no body: what is not in the path is in the query
};

/// The `parameters` of an OpenAPI operation. Of a body that is an object its members that are one value each, in the
/// query by their names; of one that is a value itself that value, in the query as `value`.
boost::json::array parameters_of(const parameter_source& from, const boost::json::object& components);

}  // namespace mote::micro::detail
