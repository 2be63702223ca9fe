#pragma once

// Under the name that tests use.

#include <mote/testing/detail/process.hpp>
#include <tests/support/gtest_namespace.hpp>

namespace mote::test {

using mote::testing::detail::exit_status;
using mote::testing::detail::process;
using mote::testing::detail::process_options;
using mote::testing::detail::run;
using mote::testing::detail::run_result;

}  // namespace mote::test
