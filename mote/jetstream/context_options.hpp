#pragma once

#include <chrono>
#include <string>

namespace mote::jetstream {

/// Where the JetStream is that a context speaks with, and how long it waits. Neither domain nor prefix: that of the connection
/// (`nats::options::jetstream`), else the default domain.
struct context_options {
    std::string domain{};                 ///< `$JS.<domain>.API.`
    std::string api_prefix{};             ///< another prefix, for imports; wins over the domain
    std::chrono::nanoseconds timeout{0};  ///< of each API request and try to publish; 0: nats::options::request_timeout
};

}  // namespace mote::jetstream
