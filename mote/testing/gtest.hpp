#pragma once

#include <mote/testing/server.hpp>

#include <gtest/gtest.h>
#include <utility>

namespace mote::testing {

/// A GoogleTest fixture with a nats-server of each test's own: it has started before the test, and ends with it. What keeps it
/// from starting fails the test, with the server's log. Only for programs that link GoogleTest; no other header includes this.
///
///     class orders : public mote::testing::server_fixture {};
///     TEST_F(orders, are_shipped) { connect_to(server.url()); }
class server_fixture : public ::testing::Test {
protected:
    explicit server_fixture(server_options options = server_options()) : server(std::move(options)) {}

    mote::testing::server server;
};

}  // namespace mote::testing
