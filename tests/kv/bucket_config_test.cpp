#include <tests/jetstream/limited_account.hpp>
#include <tests/kv/live_bucket.hpp>

namespace mote::kv {
namespace {

using test::server_at_least;

class live_bucket_config : public live_bucket_test {};

/// Expects that what the server is too old for is refused, and no bucket is made.
awaitable<void> expect_not_supported(jetstream::context js, bucket_config config, std::string why) {
    for (auto& making : {bucket::create, bucket::create_or_open}) {
        const auto seen = co_await failure_of(making(js, config));
        EXPECT_EQ(seen.code, jetstream::errc::not_supported) << seen.text;
        EXPECT_TRUE(contains(seen.text, why)) << seen.text;
    }
    EXPECT_EQ((co_await failure_of(bucket::open(js, config.bucket))).code, errc::bucket_not_found);
}

TEST_F(live_bucket_config, keeps_metadata) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.metadata["team"] = "a";
        if (!server_at_least(js, 2, 10)) {
            co_await expect_not_supported(js, config, "metadata needs nats-server 2.10");
            co_return;
        }
        const auto made = co_await bucket::create(js, config);
        EXPECT_EQ((co_await made.status()).metadata.at("team"), "a");
        co_await bucket::create(js, config);  // the server's own `_nats.` ones make no difference
        co_await bucket::create(js, named("b"));
        config.metadata["team"] = "b";
        const auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "the metadata 'team' differs")) << refused.text;
    });
}

TEST_F(live_bucket_config, compresses) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.compressed = true;
        if (!server_at_least(js, 2, 10)) {
            co_await expect_not_supported(js, config, "compression needs nats-server 2.10");
            co_return;
        }
        const auto made = co_await bucket::create(js, config);
        EXPECT_TRUE((co_await made.status()).compressed);
        const auto refused = co_await failure_of(bucket::create(js, named("b")));
        EXPECT_EQ(refused.code, errc::bucket_exists);
    });
}

TEST_F(live_bucket_config, places_the_bucket) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.placement.cluster = "east";
        config.placement.tags = {"ssd", "fast"};
        co_await bucket::create(js, config);
        EXPECT_EQ((co_await js.stream("KV_b")).config.placement, config.placement);
        co_await bucket::create(js, config);
        config.placement.tags = {"hdd"};
        const auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "the placement differs")) << refused.text;
    });
}

TEST_F(live_bucket_config, republishes_what_is_put) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.republish.emplace();
        config.republish->source = "$KV.b.>";
        config.republish->destination = "copy.>";
        const auto b = co_await bucket::create(js, config);
        auto copies = js.connection().subscribe("copy.>");
        co_await b.put("a.b", "1");
        const auto copy = co_await copies.next(20s);
        EXPECT_TRUE(copy && copy->subject() == "copy.a.b" && copy->payload() == "1");
        EXPECT_TRUE(copy && copy->headers().get("Nats-Sequence") == "1");
        config.republish->headers_only = true;
        const auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "the republishing differs")) << refused.text;
    });
}

TEST_F(live_bucket_config, leaves_markers_for_values_that_went_by_their_age) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.history = 3;
        config.ttl = 1s;
        config.limit_marker_ttl = 60s;
        if (!server_at_least(js, 2, 11)) {
            co_await expect_not_supported(js, config, "JetStream API level 1");
            co_return;
        }
        const auto b = co_await bucket::create(js, config);
        EXPECT_EQ((co_await b.status()).limit_marker_ttl, 60s);
        co_await bucket::create(js, config);
        config.limit_marker_ttl = 61s;
        const auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "limit_marker_ttl in ns is 60000000000, asked for 61000000000"))
            << refused.text;

        auto watch = co_await b.watch();
        EXPECT_FALSE(co_await watch.next(20s));
        co_await b.put("a", "1");
        const auto put = co_await watch.next(20s);
        EXPECT_TRUE(put && put->operation == operation::put);
        const auto gone = co_await watch.next(20s);
        EXPECT_TRUE(gone && gone->key == "a" && gone->value.empty() && gone->operation == operation::purge);
        EXPECT_FALSE(co_await b.get("a"));
        EXPECT_FALSE(co_await b.get("a", gone ? gone->revision : 0));
        const auto history = co_await b.history("a");
        EXPECT_TRUE(!history.empty() && history.back().operation == operation::purge);
        EXPECT_TRUE((co_await b.keys()).empty());
        EXPECT_TRUE((co_await b.create("a", "2")).has_value());
    });
}

using live_account_of_buckets = live_bucket_test;

TEST_F(live_account_of_buckets, says_so_when_it_has_no_storage_left) {
    with_bucket(
        [](nats_server&, jetstream::context, bucket b) -> awaitable<void> {
            const std::string value(64 * 1024, 'x');
            test::failure refused;
            for (int i = 0; i < 40 && !refused.code; ++i)
                refused = co_await failure_of(b.put("k" + std::to_string(i), value));
            EXPECT_EQ(refused.code, jetstream::errc::insufficient_resources) << refused.text;
            EXPECT_TRUE(contains(refused.text, "10002")) << refused.text;
            const auto made = co_await failure_of(b.create("new", value));
            EXPECT_EQ(made.code, jetstream::errc::insufficient_resources) << made.text;
            EXPECT_TRUE(co_await b.get("k0"));
        },
        test::limited_account("max_file: 1MB"));
}

}  // namespace
}  // namespace mote::kv
