#pragma once

#include <functional>
#include <string>

namespace mote::process::detail {

/// Why the kernel says of a program that is there that it is not: `exists(path)` says that of what its first line names as its
/// interpreter. Empty where that is there, or `file` is no script.
std::string missing_interpreter(const std::string& file, const std::function<bool(const std::string& path)>& exists);

}  // namespace mote::process::detail
