// How often peers failed, within bounds.

#include <mote/gateway/detail/failure_table.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using gateway::detail::failure_table;
using gateway::detail::peer_key;

const failure_table::clock::time_point start{};

TEST(peer_key, tells_ipv4_addresses_apart_and_ipv6_networks) {
    EXPECT_NE(peer_key("10.0.0.1"), peer_key("10.0.0.2"));
    EXPECT_EQ(peer_key("10.0.0.1"), peer_key("::ffff:10.0.0.1"));
    EXPECT_EQ(peer_key("2001:db8:0:1::1"), peer_key("2001:db8:0:1:ffff::2"));
    EXPECT_NE(peer_key("2001:db8:0:1::1"), peer_key("2001:db8:0:2::1"));
    EXPECT_EQ(peer_key(""), "");
    EXPECT_NE(peer_key("no address"), peer_key("another"));
}

TEST(failure_table, counts_a_minute_from_the_first_failure_on) {
    failure_table table(2, 10);
    EXPECT_EQ(table.wait_of("a", start), 0s);
    table.failed("a", start);
    EXPECT_EQ(table.wait_of("a", start), 0s);
    table.failed("a", start + 20s);
    EXPECT_EQ(table.wait_of("a", start + 20s), 40s);
    EXPECT_EQ(table.wait_of("a", start + 59'500ms), 1s);  // rounded up: a zero would let it in
    EXPECT_EQ(table.wait_of("a", start + 60s), 0s);
    EXPECT_EQ(table.wait_of("b", start + 20s), 0s);
}

TEST(failure_table, begins_anew_after_the_minute) {
    failure_table table(2, 10);
    table.failed("a", start);
    table.failed("a", start + 61s);
    EXPECT_EQ(table.wait_of("a", start + 61s), 0s);
    table.failed("a", start + 62s);
    EXPECT_EQ(table.wait_of("a", start + 62s), 59s);
}

TEST(failure_table, forgets_those_whose_minute_is_over_when_it_is_full) {
    failure_table table(1, 3);
    table.failed("a", start);
    table.failed("b", start + 1s);
    table.failed("c", start + 50s);
    table.failed("d", start + 61s);
    EXPECT_EQ(table.size(), 2u);
    EXPECT_GT(table.wait_of("c", start + 61s), 0s);
    EXPECT_GT(table.wait_of("d", start + 61s), 0s);
}

TEST(failure_table, forgets_the_one_that_began_first_when_none_is_over) {
    failure_table table(1, 3);
    table.failed("a", start + 2s);
    table.failed("b", start + 1s);
    table.failed("c", start + 3s);
    table.failed("d", start + 4s);
    EXPECT_EQ(table.size(), 3u);
    EXPECT_EQ(table.wait_of("b", start + 4s), 0s);
    EXPECT_GT(table.wait_of("a", start + 4s), 0s);
}

TEST(failure_table, never_grows_past_its_bound) {
    failure_table table(1, 100);
    for (int i = 0; i < 1000; ++i) table.failed(std::to_string(i), start + std::chrono::milliseconds(i));
    EXPECT_EQ(table.size(), 100u);
    failure_table least(1, 0);
    least.failed("a", start);
    EXPECT_EQ(least.size(), 1u);
}

TEST(failure_table, without_a_limit_counts_nothing) {
    failure_table table(0, 10);
    for (int i = 0; i < 1000; ++i) table.failed("a", start);
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(table.wait_of("a", start), 0s);
}

}  // namespace
}  // namespace mote::test
