#include <tests/kv/live_bucket.hpp>

namespace mote::kv {
namespace {

class live_bucket_change : public live_bucket_test {};

TEST_F(live_bucket_change, keeps_the_values) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        for (int i = 1; i <= 3; ++i) co_await b.put("a", std::to_string(i));
        auto config = named("b");
        config.description = "changed";
        config.history = 2;
        config.ttl = 1h;
        config.max_bytes = 1 << 20;
        config.max_value_size = 1000;
        const auto changed = co_await bucket::change(js, config);
        EXPECT_EQ(changed.name(), "b");
        const auto status = co_await changed.status();
        EXPECT_EQ(status.description, "changed");
        EXPECT_EQ(status.history, 2);
        EXPECT_EQ(status.ttl, 1h);
        EXPECT_EQ(status.max_bytes, 1 << 20);
        EXPECT_EQ(status.max_value_size, 1000);
        EXPECT_EQ(status.values, 2u);
        const auto value = co_await b.get("a");
        EXPECT_TRUE(value && value->value == "3");
        EXPECT_EQ((co_await js.stream("KV_b")).config.duplicate_window, 2min);
        co_await bucket::create(js, config);  // the same now

        config.ttl = 1s;
        config.description.clear();
        co_await bucket::change(js, config);
        const auto stream = (co_await js.stream("KV_b")).config;
        EXPECT_EQ(stream.duplicate_window, 1s);
        EXPECT_EQ(stream.description, "");
    });
}

TEST_F(live_bucket_change, leaves_what_a_bucket_does_not_say) {
    with_bucket([](nats_server&, jetstream::context js, bucket) -> awaitable<void> {
        auto stream = (co_await js.stream("KV_b")).config;
        stream.max_messages = 77;
        co_await js.update_stream(stream);
        auto config = named("b");
        config.history = 7;
        co_await bucket::change(js, config);
        stream = (co_await js.stream("KV_b")).config;
        EXPECT_EQ(stream.max_messages, 77);
        EXPECT_EQ(stream.max_messages_per_subject, 7);
    });
}

TEST_F(live_bucket_change, of_what_is_not_there_or_cannot_be_is_an_error) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        const auto missing = co_await failure_of(bucket::change(js, named("other")));
        EXPECT_EQ(missing.code, errc::bucket_not_found);
        EXPECT_TRUE(contains(missing.text, "other")) << missing.text;
        EXPECT_EQ((co_await failure_of(bucket::change(js, named("a.b")))).code, errc::bad_bucket);
        auto config = named("b");
        config.history = 65;
        EXPECT_EQ((co_await failure_of(bucket::change(js, config))).code, errc::bad_config);
        config.history = 5;
        config.storage = jetstream::storage_type::memory;
        const auto refused = co_await failure_of(bucket::change(js, config));
        EXPECT_TRUE(contains(refused.text, "storage")) << refused.text;
        EXPECT_EQ((co_await b.status()).storage, jetstream::storage_type::file);

        jetstream::stream_config plain;
        plain.name = "KV_plain";
        plain.subjects = {"plain"};
        co_await js.create_stream(plain);
        EXPECT_EQ((co_await failure_of(bucket::change(js, named("plain")))).code, errc::bad_bucket);
        EXPECT_EQ((co_await js.stream("KV_plain")).config.subjects, plain.subjects);
    });
}

TEST_F(live_bucket_change, to_what_the_server_is_too_old_for_is_refused) {
    with_bucket([](nats_server&, jetstream::context js, bucket) -> awaitable<void> {
        auto config = named("b");
        config.history = 5;
        config.limit_marker_ttl = 60s;
        if (test::server_at_least(js, 2, 11)) {
            const auto changed = co_await bucket::change(js, config);
            EXPECT_EQ((co_await changed.status()).limit_marker_ttl, 60s);
            EXPECT_TRUE((co_await changed.create("a", "1", 60s)).has_value());
        } else {
            const auto refused = co_await failure_of(bucket::change(js, config));
            EXPECT_EQ(refused.code, jetstream::errc::not_supported);
            EXPECT_TRUE(contains(refused.text, "nats-server 2.11")) << refused.text;
        }
    });
}

TEST_F(live_bucket_change, is_made_by_create_or_change) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto config = named("b");
        config.history = 2;
        const auto first = co_await bucket::create_or_change(js, config);
        EXPECT_EQ((co_await first.status()).history, 2);
        co_await first.put("a", "1");
        config.history = 9;
        const auto second = co_await bucket::create_or_change(js, config);
        EXPECT_EQ((co_await second.status()).history, 9);
        EXPECT_TRUE(co_await second.get("a"));
        config.history = 0;
        EXPECT_EQ((co_await failure_of(bucket::create_or_change(js, config))).code, errc::bad_config);
    });
}

}  // namespace
}  // namespace mote::kv
