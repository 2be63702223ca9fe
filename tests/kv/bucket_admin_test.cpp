#include <tests/kv/live_bucket.hpp>

#include <algorithm>

namespace mote::kv {
namespace {

class live_buckets : public live_bucket_test {};

TEST_F(live_buckets, makes_the_stream_that_other_clients_make) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("hacker_news");
        config.ttl = 1h;
        const auto made = co_await bucket::create(js, config);
        EXPECT_EQ(made.name(), "hacker_news");
        const auto stream = (co_await js.stream("KV_hacker_news")).config;
        EXPECT_EQ(stream.subjects, std::vector<std::string>{"$KV.hacker_news.>"});
        EXPECT_EQ(stream.retention, jetstream::retention_policy::limits);
        EXPECT_EQ(stream.discard, jetstream::discard_policy::new_messages);
        EXPECT_EQ(stream.storage, jetstream::storage_type::file);
        EXPECT_EQ(stream.max_messages_per_subject, 1);
        EXPECT_EQ(stream.max_messages, -1);
        EXPECT_EQ(stream.max_bytes, -1);
        EXPECT_EQ(stream.max_message_size, -1);
        EXPECT_EQ(stream.max_consumers, -1);
        EXPECT_EQ(stream.max_age, 1h);
        EXPECT_EQ(stream.duplicate_window, 2min);
        EXPECT_EQ(stream.replicas, 1);
        EXPECT_TRUE(stream.allow_rollup);
        EXPECT_TRUE(stream.allow_direct);
        EXPECT_TRUE(stream.deny_delete);
        EXPECT_FALSE(stream.deny_purge);

        config = named("short");
        config.ttl = 10s;
        co_await bucket::create(js, config);
        EXPECT_EQ((co_await js.stream("KV_short")).config.duplicate_window, 10s);
    });
}

TEST_F(live_buckets, tells_the_status_of_a_bucket) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.description = "d";
        config.history = 64;
        config.ttl = 90s;
        config.storage = jetstream::storage_type::memory;
        config.max_bytes = 1 << 20;
        config.max_value_size = 1 << 10;
        const auto made = co_await bucket::create(js, config);
        co_await made.put("a", "1");
        co_await made.put("a", "2");
        co_await made.del("a");
        const auto status = co_await made.status();
        EXPECT_EQ(status.bucket, "b");
        EXPECT_EQ(status.values, 3u);
        EXPECT_GT(status.bytes, 0u);
        EXPECT_EQ(status.history, 64);
        EXPECT_EQ(status.ttl, 90s);
        EXPECT_EQ(status.limit_marker_ttl, 0s);
        EXPECT_EQ(status.description, "d");
        EXPECT_EQ(status.max_bytes, 1 << 20);
        EXPECT_EQ(status.max_value_size, 1 << 10);
        EXPECT_EQ(status.backing_store, "JetStream");
        EXPECT_EQ(status.replicas, 1);
        EXPECT_EQ(status.storage, jetstream::storage_type::memory);
        EXPECT_FALSE(status.compressed);
        const auto stream = (co_await js.stream("KV_b")).config;
        EXPECT_EQ(stream.description, "d");
        EXPECT_EQ(stream.max_bytes, 1 << 20);
        EXPECT_EQ(stream.max_message_size, 1 << 10);
    });
}

TEST_F(live_buckets, opens_a_bucket_that_exists_with_the_same_configuration) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.history = 3;
        config.ttl = 1h;
        const auto first = co_await bucket::create(js, config);
        co_await first.put("a", "1");
        const auto second = co_await bucket::create(js, config);
        const auto found = co_await second.get("a");
        EXPECT_TRUE(found && found->value == "1");
    });
}

TEST_F(live_buckets, opens_a_bucket_that_another_client_made_a_little_differently) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        jetstream::stream_config stream;
        stream.name = "KV_b";
        stream.subjects = {"$KV.b.>"};
        stream.discard = jetstream::discard_policy::old_messages;  // as clients of old did
        stream.max_messages_per_subject = 1;
        stream.allow_rollup = true;
        stream.deny_delete = true;
        stream.allow_direct = true;
        co_await js.create_stream(stream);
        const auto made = co_await bucket::create(js, named("b"));
        EXPECT_EQ(co_await made.put("a", "1"), 1u);
    });
}

awaitable<void> expect_refused(jetstream::context js, bucket_config config, std::string why) {
    const auto seen = co_await failure_of(bucket::create(js, std::move(config)));
    EXPECT_EQ(seen.code, errc::bucket_exists) << why;
    EXPECT_TRUE(contains(seen.text, why)) << seen.text;
}

TEST_F(live_buckets, refuses_to_create_a_bucket_that_exists_with_another_configuration) {
    with_bucket([](nats_server&, jetstream::context js, bucket) -> awaitable<void> {
        auto config = named("b");
        config.history = 7;
        auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "b: history is 5, asked for 7")) << refused.text;

        config.history = 5;
        config.ttl = 1s;
        co_await expect_refused(js, config, "ttl in ns is 0, asked for 1000000000");
        config.ttl = 0s;
        config.max_bytes = 4096;
        co_await expect_refused(js, config, "max_bytes is -1, asked for 4096");
        config.max_bytes = 0;  // no bound, too
        config.max_value_size = 10;
        co_await expect_refused(js, config, "max_value_size is -1, asked for 10");
        config.max_value_size = 0;
        config.storage = jetstream::storage_type::memory;
        co_await expect_refused(js, config, "the storage differs");
        config.storage = jetstream::storage_type::file;
        config.description = "mine";
        co_await expect_refused(js, config, "the description is ''");
        config.description.clear();
        co_await bucket::create(js, config);
    });
}

TEST_F(live_buckets, creates_or_opens_whatever_is_there) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.history = 2;
        const auto first = co_await bucket::create_or_open(js, config);
        co_await first.put("a", "1");
        config.history = 9;
        const auto second = co_await bucket::create_or_open(js, config);
        EXPECT_EQ((co_await second.status()).history, 2);
        EXPECT_TRUE(co_await second.get("a"));
    });
}

TEST_F(live_buckets, opens_what_exists_only) {
    with_bucket([](nats_server&, jetstream::context js, bucket) -> awaitable<void> {
        EXPECT_EQ((co_await bucket::open(js, "b")).name(), "b");
        const auto missing = co_await failure_of(bucket::open(js, "other"));
        EXPECT_EQ(missing.code, errc::bucket_not_found);
        EXPECT_TRUE(contains(missing.text, "other"));

        jetstream::stream_config stream;
        stream.name = "KV_plain";
        stream.subjects = {"plain"};
        co_await js.create_stream(stream);
        const auto plain = co_await failure_of(bucket::open(js, "plain"));
        EXPECT_EQ(plain.code, errc::bad_bucket);
        EXPECT_TRUE(contains(plain.text, "stream KV_plain is not a bucket"));
    });
}

TEST_F(live_buckets, refuses_bad_names_and_configurations_before_they_are_sent) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        const auto sent = js.connection().stats().out_messages;
        for (const std::string name : {"", "a.b", "a b", ">"}) {
            EXPECT_EQ((co_await failure_of(bucket::create(js, named(name)))).code, errc::bad_bucket);
            EXPECT_EQ((co_await failure_of(bucket::create_or_open(js, named(name)))).code, errc::bad_bucket);
            EXPECT_EQ((co_await failure_of(bucket::open(js, name))).code, errc::bad_bucket);
            EXPECT_EQ((co_await failure_of(bucket::destroy(js, name))).code, errc::bad_bucket);
        }
        auto config = named("b");
        for (const int history : {0, -1, 65}) {
            config.history = history;
            const auto refused = co_await failure_of(bucket::create(js, config));
            EXPECT_EQ(refused.code, errc::bad_config);
            EXPECT_TRUE(contains(refused.text, "history " + std::to_string(history))) << refused.text;
        }
        config.history = 1;
        config.ttl = -1ns;
        EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config);
        config.ttl = 0ns;
        for (const auto ttl : {std::chrono::nanoseconds(999ms), std::chrono::nanoseconds(-1s)}) {
            config.limit_marker_ttl = ttl;
            EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config);
        }
        config.limit_marker_ttl = 0ns;
        config.republish.emplace();
        EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config);
        config.republish.reset();
        config.replicas = 0;
        EXPECT_EQ((co_await failure_of(bucket::create_or_open(js, config))).code, errc::bad_config);
        EXPECT_EQ(js.connection().stats().out_messages, sent);
    });
}

TEST_F(live_buckets, destroys_a_bucket) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        co_await b.put("a", "1");
        co_await bucket::destroy(js, "b");
        EXPECT_EQ((co_await failure_of(bucket::destroy(js, "b"))).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.status())).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.get("a"))).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.get("a", 1))).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.keys())).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.history("a"))).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.watch())).code, errc::bucket_not_found);
        EXPECT_EQ((co_await failure_of(b.put("a", "1"))).code, jetstream::errc::no_stream_response);
    });
}

TEST_F(live_buckets, lists_the_buckets) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        EXPECT_TRUE((co_await bucket::names(js)).empty());
        co_await bucket::create(js, named("one"));
        co_await bucket::create(js, named("two"));
        jetstream::stream_config other;
        other.name = "OTHER";
        other.subjects = {"other.>"};
        co_await js.create_stream(other);
        auto names = co_await bucket::names(js);
        std::sort(names.begin(), names.end());
        EXPECT_EQ(names, (std::vector<std::string>{"one", "two"}));
    });
}

TEST_F(live_buckets, tells_the_status_of_all) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        EXPECT_TRUE((co_await bucket::statuses(js)).empty());
        auto config = named("one");
        config.history = 3;
        const auto one = co_await bucket::create(js, config);
        co_await one.put("a", "1");
        co_await one.put("a", "2");
        co_await bucket::create(js, named("two"));
        jetstream::stream_config other;  // a stream that is no bucket, with the subjects of one
        other.name = "KV_other";
        other.subjects = {"$KV.other.>"};
        co_await js.create_stream(other);
        other.name = "OTHER";
        other.subjects = {"$KV.three.>"};
        other.max_messages_per_subject = 1;
        co_await js.create_stream(other);
        auto all = co_await bucket::statuses(js);
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.bucket < b.bucket; });
        EXPECT_EQ(all.size(), 2u);
        if (all.size() != 2) co_return;
        EXPECT_EQ(all[0].bucket, "one");
        EXPECT_EQ(all[0].history, 3);
        EXPECT_EQ(all[0].values, 2u);
        EXPECT_EQ(all[1].bucket, "two");
    });
}

TEST_F(live_buckets, without_jetstream_is_not_enabled) {
    nats_server_options without;
    without.jetstream = false;
    with_jetstream(
        [](nats_server&, jetstream::context js) -> awaitable<void> {
            const auto not_enabled = jetstream::errc::not_enabled;
            EXPECT_EQ((co_await failure_of(bucket::create(js, named("b")))).code, not_enabled);
            EXPECT_EQ((co_await failure_of(bucket::create_or_open(js, named("b")))).code, not_enabled);
            EXPECT_EQ((co_await failure_of(bucket::open(js, "b"))).code, not_enabled);
            EXPECT_EQ((co_await failure_of(bucket::destroy(js, "b"))).code, not_enabled);
            EXPECT_EQ((co_await failure_of(bucket::names(js))).code, not_enabled);
        },
        without);
}

}  // namespace
}  // namespace mote::kv
