#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace mote::functions {

/// Variables that a bundle brings with it, as an OpenFaaS image's ENV does: `fprocess`, `mode`, `upstream_url` and so on.
/// What the deployment says goes over them.
using bundle_settings = std::map<std::string, std::string>;

/// The file in a bundle's root that has them.
inline constexpr std::string_view settings_file = "function.env";

/// Lines of `KEY=VALUE`: the key of letters, digits and `_`, not with a digit first; the value to the end of the line as it
/// is, without quotes or escapes, blanks around it taken away. Empty lines and those that start with `#` are none. At most
/// 64 KiB, 1000 variables. Throws `errc::bad_bundle` with the line's number and what is wrong: no `=`, a key twice, control
/// characters, not UTF-8.
bundle_settings parse_settings(std::string_view text);

/// Those of an unpacked bundle; none when it has no such file. Throws `errc::bad_bundle` as above, and when it is a link or
/// anything else but a file; `boost::system::system_error` when it cannot be read. Blocks for the read of one small file.
bundle_settings load_settings(const std::filesystem::path& root);

}  // namespace mote::functions
