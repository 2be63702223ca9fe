#pragma once

#include <string_view>

/// What is answered without a look at the routes of services: one of those that says the same is never asked.
namespace mote::gateway {

/// Tells of a method in upper case and a path, which may have `{name}` for a segment.
using own_requests = bool (*)(std::string_view method, std::string_view path);

/// Whether a `gateway` answers it itself.
bool is_of_gateway(std::string_view method, std::string_view path);
/// The same of a `front`, which has functions and their management, too.
bool is_of_front(std::string_view method, std::string_view path);

}  // namespace mote::gateway
