#include <tests/kv/live_bucket.hpp>

namespace mote::kv {
namespace {

using test::server_at_least;

/// Buckets that copy from others.
class live_kv_mirror : public live_bucket_test {};

jetstream::stream_source from(std::string name) {
    jetstream::stream_source origin;
    origin.name = std::move(name);
    return origin;
}

TEST_F(live_kv_mirror, is_read_here_and_written_at_its_origin) {
    with_bucket([](nats_server&, jetstream::context js, bucket origin) -> awaitable<void> {
        co_await origin.put("a", "1");
        auto config = named("m");
        config.history = 5;
        config.mirror = from("b");
        const auto m = co_await bucket::create(js, config);
        co_await until_value(m, "a", "1");
        const auto written = co_await m.put("x.y", "2");
        EXPECT_EQ(written, 2u);
        const auto there = co_await origin.get("x.y");
        EXPECT_TRUE(there && there->value == "2" && there->revision == written);
        co_await until_value(m, "x.y", "2");
        const auto here = co_await m.get("x.y");
        EXPECT_TRUE(here && here->bucket == "m" && here->key == "x.y" && here->revision == written);

        EXPECT_TRUE((co_await m.create("x.y", "no")).has_error());
        EXPECT_TRUE((co_await m.update("x.y", "3", written)).has_value());
        EXPECT_TRUE((co_await m.update("x.y", "no", written)).has_error());
        co_await until_value(m, "x.y", "3");
        EXPECT_EQ((co_await m.history("x.y")).size(), 2u);
        co_await m.del("a");
        co_await until_value(m, "a", "");
        EXPECT_TRUE((co_await m.create("a", "again")).has_value());
        co_await until_value(m, "a", "again");
        co_await m.purge("a");
        co_await until_value(m, "a", "");
        EXPECT_EQ((co_await origin.history("a")).size(), 1u);
        const auto keys = co_await m.keys();
        EXPECT_EQ(keys, std::vector<std::string>{"x.y"});
    });
}

TEST_F(live_kv_mirror, is_watched_and_told_of_as_any_bucket) {
    with_bucket([](nats_server&, jetstream::context js, bucket origin) -> awaitable<void> {
        auto config = named("m");
        config.mirror = from("KV_b");  // the stream's name says it too
        const auto made = co_await bucket::create(js, config);
        const auto stream = (co_await js.stream("KV_m")).config;
        EXPECT_TRUE(stream.subjects.empty());
        EXPECT_TRUE(stream.mirror_direct);
        EXPECT_TRUE(stream.mirror && stream.mirror->name == "KV_b");
        const auto m = co_await bucket::open(js, "m");
        auto watch = co_await m.watch("x.*");
        EXPECT_FALSE(co_await watch.next(20s));
        co_await origin.put("x.y", "1");
        const auto seen = co_await watch.next(20s);
        EXPECT_TRUE(seen && seen->key == "x.y" && seen->value == "1" && seen->bucket == "m");
        const auto status = co_await m.status();
        EXPECT_EQ(status.bucket, "m");
        EXPECT_TRUE(status.mirror && status.mirror->name == "KV_b");
        const auto names = co_await bucket::names(js);
        EXPECT_EQ(names, std::vector<std::string>{"b"});

        co_await bucket::create(js, config);  // the same
        co_await bucket::create_or_open(js, config);
        config.mirror = from("other");
        const auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "the mirror differs")) << refused.text;
        auto of_mirror = named("mm");
        of_mirror.mirror = from("m");
        const auto chain = co_await failure_of(bucket::create(js, of_mirror));
        EXPECT_EQ(chain.code, errc::bad_config);
        EXPECT_TRUE(contains(chain.text, "mm: a mirror of a mirror; mirror b")) << chain.text;
    });
}

TEST_F(live_kv_mirror, takes_the_codec_of_its_origin) {
    with_bucket([](nats_server&, jetstream::context js, bucket origin) -> awaitable<void> {
        auto config = named("m");
        config.mirror = from("b");
        const auto made = co_await bucket::create(js, config);
        const auto m = made.with_codec(base64_key_codec());
        co_await m.put("a b", "1");
        co_await until_value(m, "a b", "1");
        co_await until_value(origin.with_codec(base64_key_codec()), "a b", "1");
    });
}

TEST_F(live_kv_mirror, of_several_sources_has_the_keys_of_all) {
    with_bucket([](nats_server&, jetstream::context js, bucket b) -> awaitable<void> {
        const auto c = co_await bucket::create(js, named("c"));
        auto config = named("both");
        config.sources = {from("b"), from("KV_c")};
        if (!server_at_least(js, 2, 10)) {
            constexpr decltype(&bucket::create_or_open) ways[] = {bucket::create, bucket::create_or_open,
                                                                  bucket::create_or_change};
            for (const auto& making : ways) {
                const auto refused = co_await failure_of(making(js, config));
                EXPECT_EQ(refused.code, jetstream::errc::not_supported);
                EXPECT_TRUE(contains(refused.text, "2.10")) << refused.text;
            }
            co_return;
        }
        const auto both = co_await bucket::create(js, config);
        co_await b.put("of.b", "1");
        co_await c.put("of.c", "2");
        co_await both.put("own", "3");
        co_await until_value(both, "of.b", "1");
        co_await until_value(both, "of.c", "2");
        co_await until_value(both, "own", "3");
        const auto keys = co_await both.keys();
        EXPECT_EQ(keys, (std::vector<std::string>{"of.b", "of.c", "own"}));
        EXPECT_FALSE(co_await b.get("own"));
        EXPECT_EQ((co_await both.status()).sources.size(), 2u);
        co_await bucket::create(js, config);  // the same
        config.sources.pop_back();
        const auto refused = co_await failure_of(bucket::create(js, config));
        EXPECT_EQ(refused.code, errc::bucket_exists);
        EXPECT_TRUE(contains(refused.text, "the sources differ")) << refused.text;
        const auto changed = co_await bucket::change(js, config);
        EXPECT_EQ((co_await changed.status()).sources.size(), 1u);
    });
}

TEST_F(live_kv_mirror, may_have_a_stream_that_is_no_bucket_for_a_source) {
    with_bucket([](nats_server&, jetstream::context js, bucket) -> awaitable<void> {
        if (!server_at_least(js, 2, 10)) co_return;  // refused, see above
        jetstream::stream_config orders;
        orders.name = "ORDERS";
        orders.subjects = {"orders.>"};
        co_await js.create_stream(orders);
        co_await js.publish("orders.7", "new");
        auto config = named("last");
        config.sources.push_back(from("ORDERS"));
        jetstream::subject_transform as_keys;
        as_keys.source = "orders.>";
        as_keys.destination = "$KV.last.order.>";
        config.sources.front().transforms.push_back(as_keys);
        const auto last = co_await bucket::create(js, config);
        co_await until_value(last, "order.7", "new");
    });
}

TEST_F(live_kv_mirror, that_cannot_be_is_refused_before_it_is_sent) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        const auto sent = js.connection().stats().out_messages;
        auto config = named("m");
        constexpr const char* names[] = {"", "a.b", "m", "KV_m"};
        for (const auto* const name : names) {
            config.mirror = from(name);
            EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config) << name;
        }
        config.mirror = from("b");
        config.sources.push_back(from("c"));
        EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config);
        config.mirror.reset();
        config.sources.front().name = "a b";
        EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config);
        config.sources.front() = from("c");
        config.sources.front().filter_subject = "$KV.c.a.>";
        EXPECT_EQ((co_await failure_of(bucket::create(js, config))).code, errc::bad_config);
        EXPECT_EQ(js.connection().stats().out_messages, sent);
    });
}

}  // namespace
}  // namespace mote::kv
