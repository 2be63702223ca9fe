#pragma once

// Under the name that tests use.

#include <mote/testing/detail/loopback.hpp>
#include <tests/support/gtest_namespace.hpp>
#include <tests/support/unique_fd.hpp>

namespace mote::test {

using mote::testing::detail::accepts_connections;
using mote::testing::detail::connect_loopback;
using mote::testing::detail::free_port;
using mote::testing::detail::listen_loopback;
using mote::testing::detail::local_port;

}  // namespace mote::test
