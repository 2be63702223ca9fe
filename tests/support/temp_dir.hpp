#pragma once

// Under the name that tests use.

#include <mote/testing/detail/temp_dir.hpp>
#include <tests/support/gtest_namespace.hpp>

namespace mote::test {

using mote::testing::detail::temp_dir;

}  // namespace mote::test
