#pragma once

#include <tests/support/nats_server.hpp>

#include <string>

namespace mote::test {

/// A server on which everybody is of an account with these limits of JetStream, such as `max_file: 1MB`.
inline nats_server_options limited_account(const std::string& limits) {
    nats_server_options options;
    options.config = "accounts { LIMITED { users: [ { user: a, password: b } ], jetstream: { " + limits +
                     " } } }\nno_auth_user: a\n";
    return options;
}

}  // namespace mote::test
