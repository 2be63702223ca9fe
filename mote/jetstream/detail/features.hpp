#pragma once

#include <mote/jetstream/context.hpp>

namespace mote::jetstream::detail {

// Servers skip the members of a configuration that they do not know. What an old one would forget is refused before, by the
// version of the connection's server, and looked for in what was made, as another one may have made it: one of another domain,
// or an older one of the cluster.

/// The level of the JetStream API that a configuration needs, and what needs it.
struct needed_level {
    int level = 0;  ///< 0: none
    const char* what = "";
    int minor = 0;  ///< nats-server 2.<minor> has it
};

/// Throws `errc::not_supported` for what the connection's server is too old for. The level is still to be asked for.
needed_level require_features(const context& js, const stream_config& config);
void require_features(const context& js, const consumer_config& config);

/// Throws `errc::not_supported` for what was asked for and is not in what was made.
void require_kept(const stream_config& asked, const stream_config& made);
void require_kept(const consumer_config& asked, const consumer_config& made);

}  // namespace mote::jetstream::detail
