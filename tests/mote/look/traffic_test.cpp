// What follows from the statistics that instances tell, round by round.

#include <apps/mote/look/traffic.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using command::traffic;

const traffic::time_point start{};

/// One endpoint `echo`.
micro::service_stats stats(const std::string& name, const std::string& id, std::uint64_t requests,
                           std::uint64_t errors = 0, std::chrono::nanoseconds spent = {}) {
    micro::endpoint_stats endpoint;
    endpoint.name = "echo";
    endpoint.requests = requests;
    endpoint.errors = errors;
    endpoint.processing_time = spent;
    micro::service_stats made;
    made.name = name;
    made.id = id;
    made.endpoints.push_back(endpoint);
    return made;
}

TEST(traffic_of_services, is_what_grew_between_two_looks) {
    traffic seen;
    seen.take({stats("Orders", "1", 100, 5, 1s)}, start);
    EXPECT_EQ(seen.services().at(0).rate, 0) << "one look tells nothing of the rate";
    EXPECT_FALSE(seen.services().at(0).average);
    seen.take({stats("Orders", "1", 300, 9, 3s)}, start + 2s);
    const auto row = seen.services().at(0);
    EXPECT_EQ(row.name, "Orders");
    EXPECT_DOUBLE_EQ(row.rate, 100);
    EXPECT_DOUBLE_EQ(row.error_rate, 2);
    EXPECT_EQ(row.average, 10ms) << "of these requests, not of all";
    EXPECT_EQ(row.requests, 300U);
    EXPECT_EQ(row.history, (std::vector<double>{100}));
}

TEST(traffic_of_services, is_the_sum_of_instances_and_the_slowest_of_them) {
    auto one = stats("Orders", "1", 0);
    auto two = stats("Orders", "2", 0);
    traffic seen;
    seen.take({one, two}, start);
    one.endpoints[0].requests = 10;
    one.endpoints[0].latency.p99 = 4ms;
    one.endpoints[0].in_flight = 3;
    one.endpoints[0].data = R"({"mote":{"in_flight":3}})";
    two.endpoints[0].requests = 20;
    two.endpoints[0].latency.p99 = 7ms;
    two.endpoints[0].in_flight = 1;
    two.endpoints[0].data = R"({"mote":{"in_flight":1}})";
    seen.take({one, two}, start + 1s);
    const auto service = seen.services().at(0);
    EXPECT_EQ(service.instances, 2U);
    EXPECT_DOUBLE_EQ(service.rate, 30);
    EXPECT_EQ(service.p99, 7ms);
    EXPECT_FALSE(service.p50);
    EXPECT_EQ(service.in_flight, 4U);
    const auto each = seen.instances("Orders", "echo");
    ASSERT_EQ(each.size(), 2U);
    EXPECT_EQ(each[1].name, "2");
    EXPECT_DOUBLE_EQ(each[1].rate, 20);
    EXPECT_EQ(each[1].p99, 7ms);
    EXPECT_TRUE(seen.instances("Orders", "other").empty());
    EXPECT_TRUE(seen.endpoints("Other").empty());
}

TEST(traffic_of_services, does_not_know_the_load_of_other_frameworks) {
    traffic seen;
    seen.take({stats("Orders", "1", 5)}, start);
    EXPECT_FALSE(seen.services().at(0).in_flight);
    traffic idle;
    idle.take({stats("Orders", "1", 0)}, start);
    EXPECT_EQ(idle.services().at(0).in_flight, 0U) << "nobody ever asked it";
}

TEST(traffic_of_services, that_were_reset_or_started_again_begins_anew) {
    traffic seen;
    seen.take({stats("Orders", "1", 1000, 10, 5s)}, start);
    seen.take({stats("Orders", "1", 20, 1, 40ms)}, start + 1s);
    EXPECT_DOUBLE_EQ(seen.services().at(0).rate, 20);
    EXPECT_DOUBLE_EQ(seen.services().at(0).error_rate, 1);
    EXPECT_EQ(seen.services().at(0).average, 2ms);
}

TEST(traffic_of_services, keeps_an_instance_that_leaves_a_round_out_and_lets_it_go_after_three) {
    traffic seen;
    seen.take({stats("Orders", "1", 0), stats("Orders", "2", 0)}, start);
    seen.take({stats("Orders", "1", 10), stats("Orders", "2", 10)}, start + 1s);
    seen.take({stats("Orders", "1", 20)}, start + 2s);
    EXPECT_EQ(seen.instance_count(), 2U);
    EXPECT_DOUBLE_EQ(seen.instances("Orders", "echo").at(1).rate, 0);
    seen.take({stats("Orders", "1", 30)}, start + 3s);
    EXPECT_EQ(seen.services().at(0).instances, 2U);
    seen.take({stats("Orders", "1", 40)}, start + 4s);
    EXPECT_EQ(seen.services().at(0).instances, 1U);
    EXPECT_EQ(seen.instances("Orders", "echo").size(), 1U);
}

TEST(traffic_of_services, has_the_rate_over_the_time_that_passed_when_a_round_was_left_out) {
    traffic seen;
    seen.take({stats("Orders", "1", 0)}, start);
    seen.take({}, start + 1s);
    seen.take({stats("Orders", "1", 40)}, start + 2s);
    EXPECT_DOUBLE_EQ(seen.services().at(0).rate, 20);
}

TEST(traffic_of_services, has_endpoints_that_come_and_go_with_their_instance) {
    auto one = stats("Orders", "1", 0);
    traffic seen;
    seen.take({one}, start);
    one.endpoints[0].name = "other";
    seen.take({one}, start + 1s);
    ASSERT_EQ(seen.endpoints("Orders").size(), 1U);
    EXPECT_EQ(seen.endpoints("Orders")[0].name, "other");
    one.endpoints.clear();
    seen.take({one}, start + 2s);
    EXPECT_TRUE(seen.endpoints("Orders").empty());
    ASSERT_EQ(seen.services().size(), 1U) << "a service without endpoints is there";
    EXPECT_EQ(seen.services()[0].instances, 1U);
}

TEST(traffic_of_services, puts_histories_together_by_their_ends) {
    traffic seen;
    seen.take({stats("Orders", "1", 0)}, start);
    seen.take({stats("Orders", "1", 10)}, start + 1s);
    seen.take({stats("Orders", "1", 20), stats("Orders", "2", 0)}, start + 2s);
    seen.take({stats("Orders", "1", 30), stats("Orders", "2", 5)}, start + 3s);
    EXPECT_EQ(seen.services().at(0).history, (std::vector<double>{10, 10, 15}));
}

TEST(traffic_of_services, is_bounded) {
    traffic seen;
    for (std::uint64_t round = 0; round < 2 * traffic::most_kept; ++round)
        seen.take({stats("Orders", "1", round)}, start + std::chrono::seconds(round));
    EXPECT_EQ(seen.services().at(0).history.size(), traffic::most_kept);

    std::vector<micro::service_stats> many;
    for (std::size_t at = 0; at <= traffic::most_series; ++at) many.push_back(stats("Many", std::to_string(at), 0));
    traffic crowded;
    crowded.take(many, start);
    EXPECT_EQ(crowded.instance_count(), traffic::most_series);
    EXPECT_TRUE(crowded.cut());
}

TEST(traffic_of_services, that_answer_twice_is_counted_once) {
    traffic seen;
    seen.take({stats("Orders", "1", 0)}, start);
    seen.take({stats("Orders", "1", 10), stats("Orders", "1", 10)}, start + 1s);
    EXPECT_DOUBLE_EQ(seen.services().at(0).rate, 10);
    EXPECT_EQ(seen.services().at(0).history.size(), 1U);
}

}  // namespace
}  // namespace mote::test
