#pragma once

// Under the name that tests use.

#include <mote/testing/detail/pidfd.hpp>
#include <tests/support/gtest_namespace.hpp>

namespace mote::test {

using mote::testing::detail::open_pidfd;

}  // namespace mote::test
