#pragma once

#include <mote/functions/function_table.hpp>

#include <string>

namespace mote::gateway::detail {

/// An OpenAPI document with the functions in it, each as `POST /function/<name>.<namespace>`.
std::string with_functions(const std::string& document, const functions::function_table& functions);

/// One that says which of its paths want a login, and what kinds of it there are: those of `/system`, or `everywhere`.
std::string with_logins(const std::string& document, bool everywhere);

}  // namespace mote::gateway::detail
