#pragma once

#include <mote/functions/function_table.hpp>

#include <string>

namespace mote::gateway::detail {

/// An OpenAPI document with the functions in it, each as `POST /function/<name>.<namespace>`.
std::string with_functions(const std::string& document, const functions::function_table& functions);

}  // namespace mote::gateway::detail
