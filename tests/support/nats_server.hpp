#pragma once

#include <mote/testing/server.hpp>
#include <tests/support/gtest_namespace.hpp>
#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

namespace mote::test {

using nats_server = mote::testing::server;
using nats_server_options = mote::testing::server_options;

/// The program: MOTE_TEST_NATS_SERVER, else `nats-server` as `find_program` finds it.
inline std::optional<std::filesystem::path> find_nats_server() { return mote::testing::find_server(); }

/// For SetUp: skips the test when there is no nats-server, or fails it when CI is set. False then.
bool require_nats_server();

}  // namespace mote::test
