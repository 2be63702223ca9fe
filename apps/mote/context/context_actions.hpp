#pragma once

#include <apps/mote/context/commands.hpp>

#include <mote/nats/detail/context_file.hpp>

#include <string>

namespace mote::command {

// One each for `mote context`. They throw `failure`.
exit_code list_contexts(const context_command& chosen);
exit_code select_context(const context_command& chosen);
exit_code show_context(const context_command& chosen);
exit_code test_context(const context_command& chosen);

/// The context of that name or path, empty: the selected one. Throws `failure` with the names that may have been meant, or with the
/// file and the field that is wrong.
nats::detail::context_file open_context(const std::string& name_or_path);

/// The failure for a name that no context has.
failure no_context_called(const std::string& name);

}  // namespace mote::command
