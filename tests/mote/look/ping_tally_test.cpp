#include <apps/mote/look/ping_tally.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using command::loss_text;
using command::ping_tally;

micro::ping_reply reply(const std::string& name, const std::string& id, std::chrono::nanoseconds rtt) {
    micro::ping_reply made;
    made.service.name = name;
    made.service.id = id;
    made.rtt = rtt;
    return made;
}

TEST(a_tally_of_pings, has_the_least_the_mean_and_the_longest_time) {
    ping_tally seen;
    seen.add_round({reply("B", "1", 4ms), reply("A", "2", 1ms)});
    seen.add_round({reply("A", "2", 3ms), reply("B", "1", 2ms)});
    ASSERT_EQ(seen.instances().size(), 2U);
    const auto& first = seen.instances().begin()->second;
    EXPECT_EQ(first.service.name, "A");
    EXPECT_EQ(first.least, 1ms);
    EXPECT_EQ(first.mean(), 2ms);
    EXPECT_EQ(first.most, 3ms);
    EXPECT_EQ(seen.last_round(), "round 2: 2 instances, rtt min/avg/max 2ms/2.5ms/3ms");
    EXPECT_EQ(seen.summary(false), "2 instances, 2 rounds, 4 sent, 4 received, 0% loss, rtt min/avg/max 1ms/2.5ms/4ms");
}

TEST(a_tally_of_pings, counts_as_lost_what_an_instance_that_answered_once_leaves_out) {
    ping_tally seen;
    seen.add_round({reply("A", "1", 1ms)});
    seen.add_round({});
    seen.add_round({reply("A", "1", 1ms), reply("A", "2", 1ms)});
    seen.add_round({reply("A", "2", 1ms)});
    const auto& one = seen.instances().at({"A", "1"});
    EXPECT_EQ(one.sent, 4U);
    EXPECT_EQ(one.received, 2U);
    const auto& two = seen.instances().at({"A", "2"});
    EXPECT_EQ(two.sent, 2U) << "it came later";
    EXPECT_EQ(two.received, 2U);
    EXPECT_EQ(seen.summary(false).substr(0, 63), "2 instances, 4 rounds, 6 sent, 4 received, 33.3% loss, rtt min/");
}

TEST(a_tally_of_pings, counts_two_answers_to_one_question_once) {
    ping_tally seen;
    seen.add_round({reply("A", "1", 1ms), reply("A", "1", 9ms)});
    EXPECT_EQ(seen.instances().at({"A", "1"}).received, 1U);
    EXPECT_EQ(seen.summary(true), "1 instance, rtt min/avg/max 1ms/1ms/1ms");
}

TEST(a_tally_of_pings, tells_loss_in_percent) {
    EXPECT_EQ(loss_text(10, 10), "0%");
    EXPECT_EQ(loss_text(10, 0), "100%");
    EXPECT_EQ(loss_text(8, 7), "12.5%");
    EXPECT_EQ(loss_text(0, 0), "0%");
}

}  // namespace
}  // namespace mote::test
