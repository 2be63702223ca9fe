#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace mote::testing::detail {

/// A program by its name: looked up in PATH, then /usr/local/bin, /usr/sbin and /usr/bin. A name with a slash is a path.
std::optional<std::filesystem::path> find_program(std::string_view name);

/// The value of an environment variable; empty where there is none.
std::string environment_value(const char* name);

}  // namespace mote::testing::detail
