#pragma once

#include <apps/mote/stack_variables.hpp>

#include <mote/functions/description.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace mote::command {

/// A function of a stack file.
struct stack_function {
    functions::deployment wanted{};
    std::filesystem::path handler{};  ///< what is to be pushed as `wanted.image`; empty: nothing
};

/// A stack file, as faas-cli has it.
struct stack {
    std::string gateway{};  ///< `provider.gateway`; empty: not said
    std::vector<stack_function> functions{};
    std::vector<std::filesystem::path> files{};  ///< that were read
};

/// Reads a stack file, and the files of variables that it names. Paths in it are relative to its directory. Throws `failure`
/// with the file, the line and the field: for what is no YAML, a field that is not known or is there twice, a value of the
/// wrong kind, a missing `image`, and what `with_variables` refuses.
stack read_stack(const std::filesystem::path& file, const variable_source& variables = environment_variable);

}  // namespace mote::command
