#pragma once

// Under the name that tests use.

#include <mote/testing/detail/deadline.hpp>
#include <tests/support/gtest_namespace.hpp>

namespace mote::test {

using mote::testing::detail::deadline;

}  // namespace mote::test
