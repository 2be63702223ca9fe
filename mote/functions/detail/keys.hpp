#pragma once

#include <string_view>

namespace mote::functions::detail {

/// Of the keys of namespaces in the bucket of the functions: no function's namespace begins with `_`.
inline constexpr std::string_view namespace_prefix = "_namespace.";

}  // namespace mote::functions::detail
