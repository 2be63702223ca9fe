#pragma once

#include <mote/gateway/detail/route.hpp>

#include <string_view>

namespace mote::gateway::detail {

/// Names and values of a query in its order, decoded; a plus is a blank, as forms write it. Throws `http::status_error` 400
/// where an escape is wrong.
route_values query_values(std::string_view query);

/// The value of the last one of that name; empty when there is none.
std::string_view value_of(const route_values& values, std::string_view name) noexcept;

}  // namespace mote::gateway::detail
