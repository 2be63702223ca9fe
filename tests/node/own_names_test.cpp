#include <mote/node/detail/own_names.hpp>

#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace mote::node::detail {
namespace {

TEST(own_names, say_which_node_and_process_made_something) {
    EXPECT_EQ(name_prefix("n1"), "mote-n1.");
    EXPECT_EQ(own_name("n1", "openfaas-fn-echo-1"), "mote-n1." + std::to_string(::getpid()) + ".openfaas-fn-echo-1");
}

TEST(own_names, tell_what_was_left_by_a_process_that_is_gone) {
    EXPECT_FALSE(is_left(own_name("n1", "x")));
    EXPECT_FALSE(is_left("mote-n1." + std::to_string(::getppid()) + ".x"));
    const auto child = ::fork();
    if (child == 0) ::_exit(0);
    ASSERT_GT(child, 0);
    const auto name = "mote-n1." + std::to_string(child) + ".x";
    EXPECT_FALSE(is_left(name)) << "not waited for yet, so nobody else can have its number";
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(is_left(name));
}

TEST(own_names, of_a_node_of_the_same_id_that_runs_are_not_of_a_former_one) {
    EXPECT_TRUE(is_former(own_name("n1", "x"))) << "of one that had our number: we have made nothing yet";
    EXPECT_FALSE(is_former("mote-n1." + std::to_string(::getppid()) + ".x"));
    EXPECT_FALSE(is_former("n1.x"));
}

TEST(own_names, of_another_kind_are_left_alone) {
    for (const std::string name :
         {"", "mote-", "mote-n1", "mote-n1.", "mote-n1.x", "mote-n1.999999999", "mote-n1.0.x", "mote-n1.-1.x",
          "mote-n1.99999999999999999999.x", "other-n1.999999999.x", "mote-n1.openfaas-fn-echo-1"})
        EXPECT_FALSE(is_left(name)) << name;
}

}  // namespace
}  // namespace mote::node::detail
