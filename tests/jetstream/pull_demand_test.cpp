#include <mote/jetstream/detail/pull_demand.hpp>

#include <gtest/gtest.h>

namespace mote::jetstream::detail {
namespace {

pull_bounds bounds(std::size_t max_messages, std::size_t max_in_flight) {
    pull_bounds made;
    made.max_messages = max_messages;
    made.max_in_flight = max_in_flight;
    return made;
}

pull_bounds byte_bounds(std::size_t max_messages, std::size_t max_bytes) {
    auto made = bounds(max_messages, 0);
    made.max_bytes = max_bytes;
    return made;
}

/// So many that were asked for come and are handed out.
void come(pull_demand& demand, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        demand.came();
        demand.handed_out();
    }
}

TEST(pull_demand, is_for_all_at_first) {
    EXPECT_EQ(pull_demand(bounds(500, 0)).wanted(), 500u);
    EXPECT_EQ(pull_demand(bounds(5, 4)).wanted(), 5u);
    EXPECT_EQ(pull_demand(bounds(1, 1)).wanted(), 1u);
}

TEST(pull_demand, is_for_more_when_half_has_come) {
    pull_demand demand(bounds(500, 0));
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
    pull_demand demand(bounds(10, 0));
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
    pull_demand demand(bounds(5, 4));
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

TEST(pull_demand, gives_the_place_of_what_is_set_aside_to_another) {
    pull_demand demand(bounds(2, 2));
    demand.asked(demand.wanted());
    come(demand, 2);
    EXPECT_FALSE(demand.may_hand_out());
    EXPECT_EQ(demand.wanted(), 0u);
    demand.set_aside();
    EXPECT_TRUE(demand.may_hand_out());
    EXPECT_EQ(demand.wanted(), 1u);
    EXPECT_EQ(demand.in_flight(), 2u);
    demand.settled(true);
    EXPECT_EQ(demand.wanted(), 1u);
    EXPECT_EQ(demand.in_flight(), 1u);
    demand.settled();
    EXPECT_EQ(demand.wanted(), 2u);
}

TEST(pull_demand, fills_each_free_place_where_nothing_may_wait) {
    pull_demand demand(bounds(2, 2));
    demand.asked(demand.wanted());
    come(demand, 2);
    EXPECT_EQ(demand.wanted(), 0u);
    demand.settled();
    EXPECT_EQ(demand.wanted(), 1u);
}

TEST(pull_demand, asks_seldom_while_nothing_comes) {
    pull_demand demand(bounds(1250, 1000));
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
    pull_demand demand(bounds(10, 0));
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
    pull_demand demand(bounds(2, 0));
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

TEST(pull_demand, asks_at_its_threshold) {
    auto few = bounds(100, 0);
    few.threshold = 10;
    pull_demand demand(few);
    demand.asked(demand.wanted());
    come(demand, 89);
    EXPECT_EQ(demand.wanted(), 0u);
    come(demand, 1);
    EXPECT_EQ(demand.wanted(), 90u);
}

TEST(pull_demand, is_for_more_when_half_of_the_bytes_are_free) {
    pull_demand demand(byte_bounds(100, 1000));
    EXPECT_EQ(demand.wanted(), 100u);
    EXPECT_EQ(demand.wanted_bytes(), 1000u);
    demand.asked(100, 1000);
    demand.came(499);
    demand.kept(499);
    EXPECT_EQ(demand.wanted(), 0u);
    demand.came(499);
    demand.handed_out();
    EXPECT_EQ(demand.wanted(), 0u);  // 2 asked for, 499 here
    demand.taken(499);
    EXPECT_EQ(demand.wanted(), 2u);
    EXPECT_EQ(demand.wanted_bytes(), 998u);
}

TEST(pull_demand, knows_that_a_request_with_no_bytes_left_has_ended) {
    pull_demand demand(byte_bounds(100, 1000));
    demand.asked(100, 1000);
    demand.came(600);
    demand.came(400);
    EXPECT_EQ(demand.requested(), 0u);
    EXPECT_EQ(demand.wanted(), 100u);
}

TEST(pull_demand, does_not_ask_again_for_what_did_not_fit) {
    pull_demand demand(byte_bounds(100, 1000));
    demand.asked(100, 1000);
    demand.came(400);
    demand.kept(400);
    demand.ended(99, 600, true);  // the next one has more than 600
    EXPECT_EQ(demand.wanted(), 0u);
    EXPECT_FALSE(demand.stuck());
    demand.taken(400);
    EXPECT_EQ(demand.wanted_bytes(), 1000u);
    demand.asked(100, 1000);
    demand.ended(100, 1000, true);
    EXPECT_TRUE(demand.stuck());
    EXPECT_EQ(demand.wanted(), 0u);
    demand.all_ended();
    EXPECT_EQ(demand.wanted(), 100u);
}

}  // namespace
}  // namespace mote::jetstream::detail
