#pragma once

#include <string>
#include <string_view>

namespace mote::command {

/// The addresses of a context, without what is before the `@` of one.
std::string without_logins(std::string_view addresses);

/// The value of a field of a context as it may be shown: secrets are stars, as many for each; of where a secret is kept (a path,
/// `env://NAME`) the place stays. What no field is known for may be a secret too.
std::string shown_field(std::string_view field, const std::string& value);

}  // namespace mote::command
