#include <mote/jetstream/detail/pull_demand.hpp>

#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

/// So many that were asked for come and are handed out.
void come(pull_demand& demand, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        demand.came();
        demand.handed_out();
    }
}

TEST(pull_demand, is_for_all_at_first) {
    EXPECT_EQ(pull_demand(500, 0).wanted(), 500u);
    EXPECT_EQ(pull_demand(5, 4).wanted(), 5u);
    EXPECT_EQ(pull_demand(1, 1).wanted(), 1u);
}

TEST(pull_demand, is_for_more_when_half_has_come) {
    pull_demand demand(500, 0);
    demand.asked(500);
    come(demand, 249);
    EXPECT_EQ(demand.wanted(), 0u);
    come(demand, 1);
    EXPECT_EQ(demand.wanted(), 250u);
    demand.asked(250);
    EXPECT_EQ(demand.wanted(), 0u);
    EXPECT_EQ(demand.requested(), 500u);
}

TEST(pull_demand, counts_what_waits_here) {
    pull_demand demand(10, 0);
    demand.asked(10);
    for (int i = 0; i < 10; ++i) {
        demand.came();
        demand.kept();
    }
    EXPECT_EQ(demand.wanted(), 0u);
    for (int i = 0; i < 5; ++i) demand.taken();
    EXPECT_EQ(demand.wanted(), 5u);
}

TEST(pull_demand, never_claims_more_than_its_bound_with_what_is_in_flight) {
    pull_demand demand(5, 4);
    demand.asked(demand.wanted());
    come(demand, 4);
    EXPECT_FALSE(demand.may_hand_out());
    demand.came();
    demand.kept();
    EXPECT_EQ(demand.wanted(), 0u);
    demand.settled();
    EXPECT_TRUE(demand.may_hand_out());
    demand.taken();
    demand.handed_out();
    EXPECT_EQ(demand.wanted(), 1u);  // in place of the one that waited
    demand.asked(1);
    EXPECT_EQ(demand.wanted(), 0u);
}

TEST(pull_demand, fills_each_free_place_where_nothing_may_wait) {
    pull_demand demand(2, 2);
    demand.asked(demand.wanted());
    come(demand, 2);
    EXPECT_EQ(demand.wanted(), 0u);
    demand.settled();
    EXPECT_EQ(demand.wanted(), 1u);
}

TEST(pull_demand, asks_seldom_while_nothing_comes) {
    pull_demand demand(1250, 1000);
    demand.asked(demand.wanted());
    come(demand, 1250);
    for (int i = 0; i < 250; ++i) demand.settled();
    int requests = 0;
    for (int i = 0; i < 1000; ++i) {
        demand.settled();
        const auto more = demand.wanted();
        if (more > 0) ++requests;
        demand.asked(more);
    }
    EXPECT_LT(requests, 8);
    EXPECT_GT(demand.requested(), 625u);
}

TEST(pull_demand, is_for_what_the_server_will_not_send) {
    pull_demand demand(10, 0);
    demand.asked(10);
    demand.ended(4);
    EXPECT_EQ(demand.wanted(), 0u);
    demand.ended(1);
    EXPECT_EQ(demand.wanted(), 5u);
    demand.ended(99);
    EXPECT_EQ(demand.wanted(), 10u);
    demand.asked(10);
    demand.all_ended();
    EXPECT_EQ(demand.wanted(), 10u);
}

TEST(pull_demand, outlives_a_server_that_sends_too_many) {
    pull_demand demand(2, 0);
    demand.asked(2);
    for (int i = 0; i < 5; ++i) {
        demand.came();
        demand.kept();
    }
    EXPECT_EQ(demand.requested(), 0u);
    EXPECT_EQ(demand.wanted(), 0u);
    for (int i = 0; i < 4; ++i) demand.taken();
    EXPECT_EQ(demand.wanted(), 1u);
}

}  // namespace
}  // namespace mote::jetstream::detail
