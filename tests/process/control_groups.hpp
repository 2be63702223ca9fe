#pragma once

#include <mote/process/control_group.hpp>
#include <mote/testing/detail/find_program.hpp>

#include <gtest/gtest.h>
#include <string>

namespace mote::process::test {

/// For SetUp: fails where this machine's control groups are not of the kind that MOTE_TEST_CONTROL_GROUPS asks for.
inline void expect_kind_of_control_groups() {
    const std::string wanted = mote::testing::detail::environment_value("MOTE_TEST_CONTROL_GROUPS");
    if (!wanted.empty()) {
        ASSERT_EQ(control_group_kind(), wanted);
    }
}

}  // namespace mote::process::test
