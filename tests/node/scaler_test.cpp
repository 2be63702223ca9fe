// How many replicas a function should have, without a clock.

#include <mote/node/detail/scaler.hpp>

#include <algorithm>
#include <gtest/gtest.h>

namespace mote::node::detail {
namespace {

using namespace std::chrono_literals;

class scaling : public ::testing::Test {
protected:
    /// A second later, with so many calls in flight.
    std::optional<std::uint32_t> look(std::size_t in_flight) {
        now_.at += 1s;
        now_.in_flight = in_flight;
        if (in_flight != 0) now_.last_call = now_.at;
        const auto wanted = scaler_.look(now_, settings_, what_, is_raised_);
        if (!wanted) return wanted;
        what_.replicas = *wanted;
        is_raised_ = *wanted > std::max(settings_.min, 1U);
        return wanted;
    }

    scaler scaler_;
    load_sample now_;
    functions::scale_settings settings_;
    functions::description what_;
    bool is_raised_ = false;
};

TEST_F(scaling, goes_up_within_the_most_and_down_to_the_least) {
    settings_.kind = functions::load_kind::capacity;
    settings_.target = 1;
    settings_.min = 2;
    settings_.max = 5;
    what_.replicas = 2;
    for (int i = 0; i < 10; ++i) look(100);
    EXPECT_EQ(what_.replicas, 5U);
    for (int i = 0; i < 10; ++i) look(0);
    EXPECT_EQ(what_.replicas, 5U) << "it was needed a moment ago";
    for (int i = 0; i < 60; ++i) look(0);
    EXPECT_EQ(what_.replicas, 2U);
}

TEST_F(scaling, lowers_what_was_raised_before_it_came_when_it_has_looked_for_long_enough) {
    settings_.kind = functions::load_kind::capacity;
    settings_.target = 1;
    settings_.min = 1;
    settings_.max = 5;
    what_.replicas = 5;
    is_raised_ = true;
    for (int i = 0; i < 15; ++i) EXPECT_FALSE(look(0)) << "whether it was needed until now is not known";
    EXPECT_FALSE(look(100));
    for (int i = 0; i < 15; ++i) EXPECT_FALSE(look(0));
    for (int i = 0; i < 30; ++i) look(0);
    EXPECT_EQ(what_.replicas, 1U);
}

TEST_F(scaling, leaves_a_number_alone_that_somebody_has_set) {
    settings_.kind = functions::load_kind::capacity;
    settings_.target = 50;
    settings_.min = 1;
    settings_.max = 5;
    what_.replicas = 4;
    for (int i = 0; i < 60; ++i) EXPECT_FALSE(look(0));
    EXPECT_EQ(what_.replicas, 4U);
}

TEST_F(scaling, goes_to_zero_only_when_idle_for_long_enough) {
    settings_.zero = true;
    settings_.zero_after = 5s;
    for (int i = 0; i < 60; ++i) look(1);
    EXPECT_EQ(what_.replicas, 1U);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(look(0));
    EXPECT_EQ(look(0), 0U);
    EXPECT_FALSE(look(0)) << "it is there already";
}

TEST_F(scaling, does_not_take_what_was_used_before_for_load) {
    settings_.kind = functions::load_kind::cpu;
    settings_.target = 500;
    settings_.max = 20;
    now_.cpu_time = 100s;
    for (int i = 0; i < 12; ++i) EXPECT_FALSE(look(1));
    what_.replicas = 0;
    now_.cpu_time = 0s;  // nothing to be measured for a moment
    for (int i = 0; i < 12; ++i) {
        EXPECT_FALSE(look(0));
        EXPECT_EQ(scaler_.millicores(), 0);
    }
    what_.replicas = 1;
    now_.cpu_time = 100s;
    for (int i = 0; i < 12; ++i) {
        EXPECT_FALSE(look(1)) << i;
        EXPECT_EQ(scaler_.millicores(), 0);
    }
    for (int i = 0; i < 12; ++i) {
        now_.cpu_time += 1s;
        look(1);
    }
    EXPECT_EQ(what_.replicas, 3U) << "a whole core, of replicas that have half of one each";
}

TEST_F(scaling, never_moves_where_the_least_is_the_most) {
    settings_.kind = functions::load_kind::capacity;
    settings_.target = 1;
    settings_.min = settings_.max = 3;
    for (const std::uint32_t said : {2U, 3U, 4U}) {
        what_.replicas = said;
        for (int i = 0; i < 60; ++i) EXPECT_FALSE(look(100));
        for (int i = 0; i < 60; ++i) EXPECT_FALSE(look(0));
    }
}

TEST_F(scaling, leaves_a_paused_function_alone) {
    settings_.zero = true;
    settings_.zero_after = 5s;
    what_.paused = true;
    for (int i = 0; i < 60; ++i) EXPECT_FALSE(look(0));
}

}  // namespace
}  // namespace mote::node::detail
