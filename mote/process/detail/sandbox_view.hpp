#pragma once

#include <mote/process/sandbox.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::process::detail {

inline constexpr std::string_view home = "/home/app";

/// Which file of this machine a sandbox's path is, and what of the system is in every sandbox.
class sandbox_view {
public:
    explicit sandbox_view(const sandbox& box);

    /// The path of `name` (as of `command::program`) inside; nothing when the sandbox has no such program.
    std::optional<std::string> find_program(std::string_view name, std::string_view path,
                                            std::string_view directory) const;
    /// Why there is none, as far as that is known: see wrong_name.
    std::string wrong_name_of(std::string_view name, std::string_view directory) const;
    /// Why what that found cannot be run, as far as that can be told before: see missing_interpreter.
    std::string missing_interpreter_of(const std::string& inside, std::string_view directory) const;

    /// Directories and links at the top of this machine that hold programs and libraries: path, and a link's target.
    static std::vector<std::pair<std::string, std::string>> system();

private:
    bool has_program(const std::string& inside) const;
    std::optional<std::string> real_path(const std::string& inside) const;

    std::vector<std::pair<std::string, std::string>> places_;  // inside, here; later ones cover earlier ones
    std::vector<std::string> texts_;
};

}  // namespace mote::process::detail
