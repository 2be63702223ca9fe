// Who creates a key when many want to.

#include <tests/kv/live_bucket.hpp>

namespace mote::kv {
namespace {

/// Creates the key, and counts what became of that.
awaitable<void> try_create(bucket b, int& created, int& late, int& ended) {
    const auto outcome = co_await b.create("k", "mine");
    if (outcome) ++created;
    if (outcome.has_error() && outcome.error() == errc::key_exists) ++late;
    ++ended;
}

/// Many create a key at once that was deleted in each way that there is.
awaitable<void> create_together(nats_server& server) {
    constexpr int many = 8;
    std::vector<bucket> buckets;
    const auto first = co_await test::connect_to(server);
    auto config = named("b");
    config.history = 5;
    buckets.push_back(co_await bucket::create(jetstream::context(first), config));
    while (buckets.size() < many) {
        const auto other = co_await test::connect_to(server);
        buckets.push_back(co_await bucket::open(jetstream::context(other), "b"));
    }
    for (int round = 0; round < 30; ++round) {
        int created = 0;
        int late = 0;
        int ended = 0;
        for (const auto& each : buckets)
            boost::asio::co_spawn(first.executor(), try_create(each, created, late, ended),
                                  [](const std::exception_ptr& failed) { EXPECT_FALSE(failed); });
        const auto all_ended = [&ended] { return ended == many; };
        EXPECT_TRUE(co_await test::eventually(all_ended));
        EXPECT_EQ(created, 1) << round;
        EXPECT_EQ(late, many - 1) << round;
        if (round % 3 == 1)
            co_await buckets[0].purge("k");
        else
            co_await buckets[0].del("k");
        if (round % 3 == 2) co_await buckets[0].purge_deletes(0s);
    }
}

using live_create = live_bucket_test;

TEST_F(live_create, lets_one_of_many_create_a_key_that_was_deleted) {
    nats_server server;
    test::run(create_together(server));
}

}  // namespace
}  // namespace mote::kv
