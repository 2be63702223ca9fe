#include <tests/kv/live_bucket.hpp>

#include <algorithm>

namespace mote::kv {
namespace {

class live_listing : public live_bucket_test {};

awaitable<std::vector<std::string>> all_of(key_lister lister) {
    std::vector<std::string> keys;
    for (;;) {
        auto key = co_await lister.next();
        if (!key) break;
        keys.push_back(std::move(*key));
    }
    EXPECT_FALSE(co_await lister.next());  // the end stays the end
    std::sort(keys.begin(), keys.end());
    co_return keys;
}

TEST_F(live_listing, hands_out_the_keys_that_have_a_value) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        auto empty = co_await b.list_keys();
        EXPECT_TRUE((co_await all_of(std::move(empty))).empty());
        for (const auto* const key : {"a", "b.c", "b.d", "gone", "purged"}) co_await b.put(key, "1");
        co_await b.put("a", "2");
        co_await b.del("gone");
        co_await b.purge("purged");
        auto lister = co_await b.list_keys();
        const std::vector<std::string> all{"a", "b.c", "b.d"};
        EXPECT_EQ(co_await all_of(std::move(lister)), all);
        auto tree = co_await b.list_keys("b.*");
        const std::vector<std::string> of_tree{"b.c", "b.d"};
        EXPECT_EQ(co_await all_of(std::move(tree)), of_tree);
        co_await test::expect_consumers(js, "KV_b", 0);
    });
}

TEST_F(live_listing, hands_out_thousands_one_by_one) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        constexpr std::size_t count = 3000;
        std::vector<awaitable<revision>> puts;
        for (std::size_t i = 0; i < count; ++i) puts.push_back(b.put("k" + std::to_string(i), "x"));
        for (auto& each : puts) co_await std::move(each);
        auto lister = co_await b.list_keys();
        EXPECT_EQ((co_await all_of(std::move(lister))).size(), count);
    });
}

TEST_F(live_listing, takes_several_filters) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        for (const auto* const key : {"a", "b.c", "b.d", "e"}) co_await b.put(key, "1");
        const std::vector<std::string> filters{"a", "b.>"};
        if (!test::server_at_least(js, 2, 10)) {
            EXPECT_EQ((co_await failure_of(b.keys(filters))).code, jetstream::errc::not_supported);
            EXPECT_EQ((co_await failure_of(b.list_keys(filters))).code, jetstream::errc::not_supported);
            co_return;
        }
        const std::vector<std::string> expected{"a", "b.c", "b.d"};
        EXPECT_EQ(co_await b.keys(filters), expected);
        auto lister = co_await b.list_keys(filters);
        EXPECT_EQ(co_await all_of(std::move(lister)), expected);
    });
}

TEST_F(live_listing, may_end_while_a_key_is_awaited) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        auto made = co_await b.list_keys();
        auto lister = std::make_unique<key_lister>(std::move(made));
        auto reading = lister->next();
        lister.reset();
        EXPECT_EQ(co_await std::move(reading), "a");
    });
}

TEST_F(live_listing, of_a_bucket_that_is_gone_says_so) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        co_await bucket::destroy(js, "b");
        EXPECT_EQ((co_await failure_of(b.list_keys())).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.purge_deletes())).code, errc::bucket_not_found);
    });
}

/// `a` was put and deleted, `b` put twice and purged, `c` has a value.
awaitable<void> fill(bucket b) {
    co_await b.put("a", "1");
    co_await b.put("a", "2");
    co_await b.del("a");
    co_await b.put("b", "1");
    co_await b.purge("b");
    co_await b.put("c", "1");
    co_await b.put("c", "2");
}

TEST_F(live_listing, purges_what_is_left_of_deleted_keys) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await fill(b);
        EXPECT_EQ(co_await b.purge_deletes(0s), 4u);
        EXPECT_TRUE((co_await b.history("a")).empty());
        EXPECT_TRUE((co_await b.history("b")).empty());
        EXPECT_EQ((co_await b.history("c")).size(), 2u);
        EXPECT_EQ(co_await b.purge_deletes(0s), 0u);
    });
}

TEST_F(live_listing, keeps_markers_that_are_younger_than_the_bound) {
    with_bucket([](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
        co_await fill(b);
        EXPECT_EQ(co_await b.purge_deletes(), 2u);  // half an hour
        const auto history = co_await b.history("a");
        EXPECT_TRUE(history.size() == 1 && history.front().operation == operation::del);
        EXPECT_EQ((co_await b.history("b")).size(), 1u);
        EXPECT_EQ((co_await b.history("c")).size(), 2u);
        const auto marked = std::chrono::steady_clock::now() + 50ms;
        while (std::chrono::steady_clock::now() < marked) co_await b.get("c");
        EXPECT_EQ(co_await b.purge_deletes(50ms), 2u);
        EXPECT_EQ((co_await b.status()).values, 2u);
    });
}

}  // namespace
}  // namespace mote::kv
