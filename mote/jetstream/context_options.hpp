#pragma once

#include <chrono>
#include <string>

namespace mote::jetstream {

/// Where the JetStream is that a context speaks with, and how long it waits.
struct context_options {
    std::string domain{};                                       ///< `$JS.<domain>.API.`; empty: the default domain
    std::string api_prefix{};                                   ///< another prefix, for imports; wins over the domain
    std::chrono::nanoseconds timeout{std::chrono::seconds(5)};  ///< of each API request and try to publish
};

}  // namespace mote::jetstream
