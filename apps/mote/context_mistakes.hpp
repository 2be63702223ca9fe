#pragma once

#include <mote/nats/detail/context_file.hpp>
#include <mote/nats/environment.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mote::command {

/// What cannot work in a context, each as `"field": why`: a file that is not there, an address that is none, a certificate without
/// its key, more than one kind of login. Shows no secret. Looks at files, not at the network.
std::vector<std::string> mistakes_in(const nats::detail::context_file& context);

/// The name or path of the context that a command uses: `--context`, NATS_CONTEXT, or the selected one; nothing: none.
std::optional<std::string> name_of_context(const nats::environment_overrides& overrides);
/// That context; nothing when there is none, or when it cannot be read.
std::optional<nats::detail::context_file> context_in_use(const nats::environment_overrides& overrides);

}  // namespace mote::command
