#pragma once

// Under the name that tests use.

#include <mote/testing/detail/unique_fd.hpp>
#include <tests/support/gtest_namespace.hpp>

namespace mote::test {

using mote::testing::detail::unique_fd;

}  // namespace mote::test
