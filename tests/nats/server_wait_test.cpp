#include <mote/nats/detail/server_pool.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::detail::server_pool;
using time_point = server_pool::time_point;

nats::options waiting(std::vector<std::string> servers) {
    nats::options opts;
    opts.servers = std::move(servers);
    opts.randomize_servers = false;
    opts.reconnect.min_wait = 100ms;
    opts.reconnect.max_wait = 1000ms;
    opts.reconnect.jitter = 0ms;
    return opts;
}

const time_point start{1h};

TEST(server_wait, doubles_with_each_failure_of_one_server_up_to_the_bound) {
    server_pool pool(waiting({"a"}));
    for (const auto wait : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        pool.front_failed(start);
        EXPECT_EQ(pool.front().due, start + wait);
    }
    EXPECT_EQ(pool.front().failures, 6u);
}

TEST(server_wait, of_one_server_keeps_nobody_from_another) {
    server_pool pool(waiting({"dead", "well"}));
    pool.bring_next(start);
    EXPECT_EQ(pool.front().host, "dead");
    pool.front_failed(start);
    pool.bring_next(start);
    EXPECT_EQ(pool.front().host, "well");
    pool.front_is_up(start);
    pool.front_is_lost(start + 1h);
    pool.bring_next(start + 1h);
    EXPECT_EQ(pool.front().host, "dead") << "it has waited for long, and another one is tried first";
    pool.front_failed(start + 1h);
    EXPECT_EQ(pool.front().host, "well");
    EXPECT_LE(pool.front().due, start + 1h) << "it did nothing wrong";
}

TEST(server_wait, is_over_soonest_for_the_one_that_is_tried_next) {
    server_pool pool(waiting({"a", "b", "c"}));
    for (const auto failures : {3, 1, 2}) {  // of a, b and c
        pool.front().failures = static_cast<unsigned>(failures - 1);
        pool.front_failed(start);
    }
    pool.bring_next(start);
    EXPECT_EQ(pool.front().host, "b");
    EXPECT_EQ(pool.front().due, start + 100ms);
    pool.front_failed(start + 100ms);  // its second
    pool.bring_next(start + 150ms);
    EXPECT_EQ(pool.front().host, "c");
    EXPECT_EQ(pool.front().due, start + 200ms);
}

TEST(server_wait, is_for_a_server_too_that_loses_its_links_soon) {
    server_pool pool(waiting({"a"}));
    pool.front_is_up(start);
    pool.front_is_lost(start + 999ms);
    EXPECT_EQ(pool.front().due, start + 999ms + 100ms);
    pool.front_is_up(start + 2s);
    pool.front_is_lost(start + 2s + 1ms);
    EXPECT_EQ(pool.front().due, start + 2s + 1ms + 200ms) << "again: longer";
    pool.front_is_up(start + 3s);
    pool.front_is_lost(start + 4s);
    EXPECT_EQ(pool.front().failures, 0u) << "it was well for max_wait";
    EXPECT_LE(pool.front().due, start + 4s);
}

TEST(server_wait, has_a_random_part) {
    auto opts = waiting({"a"});
    opts.reconnect.jitter = 50ms;
    server_pool pool(opts);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        pool.front().failures = 0;
        pool.front_failed(start);
        const auto wait = pool.front().due - start;
        EXPECT_GE(wait, 100ms);
        EXPECT_LE(wait, 150ms);
        differs = differs || wait != 100ms;
    }
    EXPECT_TRUE(differs);
}

TEST(server_wait, can_be_forgotten) {
    server_pool pool(waiting({"a", "b"}));
    pool.front_failed(start);
    pool.front_failed(start);
    pool.all_are_due();
    for (const auto& server : pool.all()) EXPECT_LE(server.due, start);
}

TEST(server_wait, does_not_change_the_order_of_the_others) {
    server_pool pool(waiting({"a", "b", "c"}));
    EXPECT_TRUE(pool.bring("c:4222"));
    EXPECT_FALSE(pool.bring("c:1"));
    std::string order;
    for (const auto& server : pool.all()) order += server.host;
    EXPECT_EQ(order, "cab");
}

}  // namespace
}  // namespace mote::test
