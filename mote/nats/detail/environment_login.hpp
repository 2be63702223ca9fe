#pragma once

#include <mote/nats/detail/context_file.hpp>
#include <mote/nats/environment.hpp>

#include <string>

namespace mote::nats::detail {

/// Where a login may be said, the first place first: the command line, `NATS_*` variables, the context.
struct login_places {
    const environment_overrides& overrides;
    const context_file& context;
};

/// Sets how the connection logs in. Throws `errc::bad_credentials` for a password or token that is kept elsewhere and cannot be
/// read.
void log_in(options& opts, const login_places& places);

/// The first that is not empty.
inline std::string first_of(const std::string& a, const std::string& b, const std::string& c = {}) {
    if (!a.empty()) return a;
    return b.empty() ? c : b;  // no copy of another: it may be secret
}

}  // namespace mote::nats::detail
